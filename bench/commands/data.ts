import { availableParallelism } from 'node:os';
import { integer } from '@visage/cli';
import type { Command } from 'commander';
import { type DataRow, measureData } from '../core/data.ts';
import { addBench, type CommonOptions, finish, keep, openBench } from './common.ts';

interface Options extends CommonOptions {
  readonly seconds: number;
  readonly pixels: number;
}

/** Numbers of decoding threads that are measured: up to the processors that there are. */
const threads = (): number[] => [1, 2, 4, 8].filter((count) => count <= Math.max(2, availableParallelism()));

/** Adds `data`, which trains nothing: it reads what a training would. */
export function addData(program: Command): void {
  addBench(program, 'data', 'pictures of a face set: read, decoded in worker threads and uploaded, per second')
    .option('--pixels <n>', 'height and width of the training images', integer(16, 1024), 224)
    .option('--seconds <n>', 'time of each measurement', integer(1, 600), 5)
    .action(async ({ seconds, pixels: imageSize, ...options }: Options) => {
      const setting = await openBench(options);
      const rows: DataRow[] = [];
      await measureData(setting.gpu, {
        ...{ imageSize, seconds, batch: 16, workers: threads(), stored: [imageSize, Math.round((8 * imageSize) / 7)] },
        onRow: async (row) => {
          console.log(
            `stored at ${row.stored}, ${row.workers} workers: ${Math.round(row.picturesPerSecond)} pictures/s`,
          );
          rows.push(row);
          await keep(setting, 'data', rows, options);
        },
      });
      await finish(setting, 'data', rows, options);
    });
}
