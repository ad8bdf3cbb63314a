import { FaceFinder, loadFaceNetworks } from '@visage/photos';
import { npmWeights } from '@visage/photos/node';
import { builtInWeights, loadParsingNetwork } from '@visage/training';
import type { Command } from 'commander';
import { measureParsing } from '../core/parsing.ts';
import { addBench, type CommonOptions, finish, openBench } from './common.ts';

/** Adds `parsing`, whose photographs come from packages of npm and Debian. */
export function addParsing(program: Command): void {
  addBench(program, 'parsing', 'inner faces that a parsing network finds, against outlines drawn on 18 photographs')
    .argument('[weights]', 'of a parsing network (default: those that come with Visage)')
    .action(async (weights: string | undefined, options: CommonOptions) => {
      const setting = await openBench(options);
      const network = await loadParsingNetwork(weights ?? builtInWeights('heads-parsing'));
      const finder = new FaceFinder(loadFaceNetworks(npmWeights));
      const rows = await measureParsing(network, finder, console.log);
      await finish(setting, 'parsing', rows, options);
    });
}
