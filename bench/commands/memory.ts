import type { Precision } from '@visage/simswap';
import type { Command } from 'commander';
import { countingGpu } from '../core/countingDevice.ts';
import { countMemory, type MemoryRow } from '../core/memory.ts';
import { type CommonOptions, finish, keep, withBatches, withFusing, withSizes } from './common.ts';

const PRECISIONS: readonly Precision[] = ['mixed', 'f32'];

/** Adds `memory`, which needs no GPU. */
export function addMemory(program: Command): void {
  const command = program
    .command('memory')
    .description("memory and launches of the paper's training step on a large GPU, counted without running it")
    .option('--json <file>', 'write the result as JSON')
    .option('--html <file>', 'write the result as a page');
  withFusing(withBatches(withSizes(command))).action(async (options: Omit<CommonOptions, 'repeat' | 'untuned'>) => {
    const gpu = countingGpu(options.fuse);
    const { size = 224, width = 1, blocks = 9, batch: batches = [4, 16], precision: precisions = PRECISIONS } = options;
    const sizes = { size, width, blocks };
    const rows: MemoryRow[] = [];
    for (const precision of precisions)
      for (const batch of batches) {
        rows.push(await countMemory(gpu, { sizes, batch, precision }));
        await keep({ gpu, sizes }, 'memory', rows, options);
      }
    await finish({ gpu, sizes }, 'memory', rows, options);
  });
}
