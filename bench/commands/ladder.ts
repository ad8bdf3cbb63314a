import { integer } from '@visage/cli';
import { VisageError } from '@visage/gpu';
import type { Command } from 'commander';
import { measureLadder } from '../core/ladder.ts';
import { addBench, type CommonOptions, finish, openBench } from './common.ts';

const MULTIPLE = 128; // the largest tile, because no version has edges

/** Adds `ladder`. */
export function addLadder(program: Command): void {
  addBench(program, 'ladder', "the matrix products of the course's second chapter, beside the best rates of the device")
    .option('--side <n>', 'rows and columns of the matrices (default: 4096; software adapter: 256)', integer(128, 8192))
    .action(async (options: CommonOptions & { side?: number }) => {
      const setting = await openBench(options);
      const { side = setting.gpu.adapter.software ? 256 : 4096, repeat } = options;
      if (side % MULTIPLE !== 0) throw new VisageError(`--side: expected a multiple of ${MULTIPLE}, got ${side}`);
      await finish(setting, 'ladder', await measureLadder(setting.gpu, side, repeat), options);
    });
}
