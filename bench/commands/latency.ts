import { integer } from '@visage/cli';
import type { Command } from 'commander';
import { type LatencyRow, timeLatency } from '../core/latency.ts';
import { significant } from '../report/format.ts';
import { addBench, type CommonOptions, finish, keep, openBench, withBatches, withSizes } from './common.ts';

/** Adds `latency`. */
export function addLatency(program: Command): void {
  const command = addBench(program, 'latency', 'where the time goes from the call of a swap to its result');
  withBatches(withSizes(command))
    .option('--calls <n>', 'calls of each kind; the medians count', integer(1, 10_000), 100)
    .action(async (options: CommonOptions & { calls: number }) => {
      const setting = await openBench(options);
      const { gpu, sizes, precisions } = setting;
      const rows: LatencyRow[] = [];
      for (const precision of precisions)
        for (const batch of options.batch ?? [1]) {
          const measured = await timeLatency(gpu, { batch, precision, sizes, calls: options.calls });
          for (const { place, total, device } of measured)
            console.log(
              `${precision} ${batch}, ${place}: ${significant(total)} ms, ${significant(device)} on the device`,
            );
          rows.push(...measured);
          await keep(setting, 'latency', rows, options);
        }
      await finish(setting, 'latency', rows, options);
    });
}
