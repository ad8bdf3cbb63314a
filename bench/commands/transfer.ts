import { integer } from '@visage/cli';
import type { Command } from 'commander';
import { type SavingRow, type TransferRow, timeSaving, timeTransfers } from '../core/transfer.ts';
import { significant } from '../report/format.ts';
import { addBench, type CommonOptions, finish, keep, openBench, withBatches, withSizes } from './common.ts';

interface Options extends CommonOptions {
  readonly megabytes?: number;
  readonly steps?: number;
}

/** Adds `transfer`. */
export function addTransfer(program: Command): void {
  const command = addBench(program, 'transfer', 'bytes between host and device, and checkpoints beside a training');
  withBatches(withSizes(command))
    .option(
      '--megabytes <n>',
      'size of the buffer, in 10⁶ bytes (default: 256, or what a buffer may have)',
      integer(1, 2000),
    )
    .option('--steps <n>', 'steps beside each checkpoint (default: 100; software adapter: 4)', integer(3, 10_000))
    .action(async ({ megabytes, steps: asked, ...options }: Options) => {
      const setting = await openBench(options);
      const { gpu, sizes, precisions } = setting;
      const { maxStorageBufferBindingSize } = gpu.device.limits;
      const bytes = megabytes === undefined ? Math.min(256e6, maxStorageBufferBindingSize) : megabytes * 1e6;
      const transfers: TransferRow[] = await timeTransfers(gpu, bytes, options.repeat);
      for (const { way, gigabytesPerSecond } of transfers)
        console.log(`${way}: ${significant(gigabytesPerSecond)} GB/s`);
      const saving: SavingRow[] = [];
      await keep(setting, 'transfer', { transfers, saving }, options);
      const steps = asked ?? (gpu.adapter.software ? 4 : 100);
      const repeat = Math.min(3, options.repeat);
      const precision = precisions.at(-1) ?? 'f32';
      for (const batch of options.batch ?? (gpu.adapter.software ? [2] : [4, 16])) {
        saving.push(await timeSaving(gpu, { sizes, precision, batch, steps, repeat }));
        await keep(setting, 'transfer', { transfers, saving }, options);
      }
      await finish(setting, 'transfer', { transfers, saving }, options);
    });
}
