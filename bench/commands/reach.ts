import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { integer } from '@visage/cli';
import { parseJson, VisageError } from '@visage/gpu';
import type { Command } from 'commander';
import { type Goals, measureReach, type ReachRow } from '../core/reach.ts';
import { significant } from '../report/format.ts';
import { type PytorchReport, readResult } from '../report/result.ts';
import { addBench, type CommonOptions, finish, keep, openBench, withSizes } from './common.ts';

interface Options extends CommonOptions {
  readonly pytorch?: string;
  readonly goals: string;
  readonly megabytes?: number;
}

/** Adds `reach`. */
export function addReach(program: Command): void {
  withSizes(addBench(program, 'reach', 'the figures that say how far the whole has come, in one table'))
    .option('--pytorch <file>', 'what bench/pytorch.py wrote on this machine')
    .option('--goals <file>', 'what rows must be and aim at', fileURLToPath(new URL('../goals.json', import.meta.url)))
    .option('--megabytes <n>', 'of a transfer (default: 256; software adapter: 16)', integer(1, 2000))
    .action(async ({ pytorch: file, goals: path, megabytes, ...options }: Options) => {
      const goals = parseJson(await readFile(path, 'utf8')) as Goals;
      const pytorch = file === undefined ? undefined : await pytorchIn(file);
      const setting = await openBench(options);
      const { gpu, sizes, precisions } = setting;
      const { software } = gpu.adapter;
      const rows: ReachRow[] = [];
      await measureReach(gpu, {
        ...{ sizes, precision: precisions.at(-1) ?? 'f32', repeat: options.repeat, pytorch, goals },
        stepBatches: software ? [2] : [16, 4],
        swapBatches: software ? [1] : [1, 16],
        bytes: (megabytes ?? (software ? 16 : 256)) * 1e6,
        onRow: async (row) => {
          console.log(`${row.what}: ${significant(row.ours)} ${row.unit}`);
          rows.push(row);
          await keep(setting, 'reach', rows, options);
        },
      });
      await finish(setting, 'reach', rows, options);
    });
}

async function pytorchIn(file: string): Promise<PytorchReport> {
  const { bench, measured } = await readResult(file);
  if (bench === 'pytorch') return measured as PytorchReport;
  throw new VisageError(`${file}: is a result of ${bench}, expected one of bench/pytorch.py`);
}
