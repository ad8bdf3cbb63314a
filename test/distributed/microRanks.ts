/**
 * @file The micro run on two ranks, as `visage train --gpus 2` does it: (run folder, steps, [rank that fails, step]).
 * It begins, or goes on where the folder stands.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { startGpu } from '@visage/gpu/node';
import { paper } from '@visage/simswap';
import { builtInWeights, newRun, newSettings, resumedRun } from '@visage/training';
import { trainIn } from '../../packages/cli/src/commands/train.ts';
import { reportFailure } from '../../packages/cli/src/terminal/failure.ts';
import { outliveReader } from '../../packages/cli/src/terminal/interrupt.ts';
import { onRanks, tellJob } from '../../packages/cli/src/terminal/ranks.ts';
import { micro } from '../training/microRun.ts';

const [out = '', steps, failing, failsAt] = process.argv.slice(2);
const checkpoint = join(out, 'checkpoint.safetensors');
outliveReader();
try {
  await onRanks({ gpus: 2 }, async (job) => {
    const gpu = await startGpu({ deterministic: true });
    const exchange = job?.exchange(gpu, { bucketBytes: 40_000 });
    const preset = { ...micro, level: 'L0' as const, steps: Number(steps) };
    const run = existsSync(checkpoint)
      ? await resumedRun(checkpoint, { steps: Number(steps), exchange })
      : await newRun(
          newSettings(preset, paper),
          builtInWeights('identity'),
          undefined,
          undefined,
          exchange && { exchange, syncEvery: 1 },
        );
    if (job) await tellJob(job, gpu, micro.batchSize);
    if (failing !== undefined && job?.rank === Number(failing)) {
      const { trainer } = run;
      const kindOf = trainer.kindOf.bind(trainer);
      trainer.kindOf = (step) => {
        if (step >= Number(failsAt)) throw new Error('no power');
        return kindOf(step);
      };
    }
    await trainIn(out, run, job);
  });
} catch (error) {
  reportFailure(error);
}
process.exit();
