import { integer } from '@visage/cli';
import { FaceFinder, loadFaceNetworks } from '@visage/photos';
import { npmWeights } from '@visage/photos/node';
import type { Command } from 'commander';
import { type DetectionRow, measureDetection } from '../core/detection.ts';
import { addBench, type CommonOptions, finish, keep, openBench } from './common.ts';

interface Options extends CommonOptions {
  readonly smallest: number;
  readonly crops?: number;
}

/** Adds `detection`, whose pictures come from packages of npm and Debian. */
export function addDetection(program: Command): void {
  addBench(program, 'detection', 'faces found on 12 photographs with 140 people, and on 37 pictures without')
    .option('--smallest <pixels>', 'smaller faces need not be found, and do not count', integer(0, 4096), 0)
    .option('--crops <n>', 'crops in every launch, as in imports (default: as many as there are)', integer(1, 32))
    .action(async (options: Options) => {
      const setting = await openBench(options);
      const rows: DetectionRow[] = [];
      const finder = new FaceFinder(loadFaceNetworks(npmWeights), { batch: options.crops });
      const onRow = async (row: DetectionRow): Promise<void> => {
        const { picture, people, found, wrong, ms } = row;
        console.log(`${picture}: ${found} of ${people}, ${wrong} wrong, ${Math.round(ms)} ms`);
        rows.push(row);
        await keep(setting, 'detection', rows, options);
      };
      await measureDetection(finder, onRow, options.smallest);
      await finish(setting, 'detection', rows, options);
    });
}
