import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type TemplateName, templates } from '@visage/photos';
import { loadIdentityNetwork } from '@visage/training';
import { type Command, Option } from 'commander';
import { type CarryoverRow, measureCarryover } from '../core/carryover.ts';
import { addBench, type CommonOptions, finish, keep, openBench } from './common.ts';

/** Where the faces that were found are remembered; they do not depend on the network that is measured. */
const MEMORY = join(fileURLToPath(new URL('../..', import.meta.url)), '.cache', 'real-faces.json');

interface Options extends CommonOptions {
  readonly template: TemplateName;
  readonly folder?: string;
  readonly memory: string;
}

/** Adds `carryover`, whose pictures come from packages of npm and Debian. */
export function addCarryover(program: Command): void {
  addBench(program, 'carryover', 'what an identity network that learned from rendered people makes of real ones')
    .argument('<weights>', 'of an identity network, such as `visage train identity` writes')
    .addOption(
      new Option('--template <name>', 'how the faces that it learned are aligned')
        .choices(Object.keys(templates))
        .default('rendered'),
    )
    .option('--folder <pictures>', 'pictures of people, a folder for each person, in place of the fixtures')
    .option('--memory <file>', 'where the faces that were found are remembered', MEMORY)
    .action(async (weights: string, options: Options) => {
      const setting = await openBench(options);
      const network = await loadIdentityNetwork(weights);
      const { template, folder, memory } = options;
      const rows: CarryoverRow[] = [];
      const how = { template, folder, memory, size: network.config.inputSize };
      await measureCarryover(setting.gpu, network, how, (row) => {
        console.log(JSON.stringify(row));
        rows.push(row);
      });
      await keep(setting, 'carryover', rows, options);
      await finish(setting, 'carryover', rows, options);
    });
}
