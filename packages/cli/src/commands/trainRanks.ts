/** @file What `visage train` has for several GPUs alone. */
import type { AdamNumbers } from '@visage/simswap';
import type { RunSettings } from '@visage/training';
import { type Command, Option } from 'commander';
import { UsageError } from '../terminal/failure.ts';
import { integer } from '../terminal/options.ts';
import type { RankOptions } from '../terminal/ranks.ts';

/** The options of a training on several GPUs. */
export interface TrainRankOptions extends RankOptions {
  readonly scaleRate?: 'linear' | 'root';
  readonly syncEvery?: number;
}

/** Adds them to a command. */
export const addRankOptions = (command: Command): Command =>
  command
    .option(
      '--gpus <n>',
      'train on several GPUs of this host over MPI, each with --batch pairs; under mpirun or srun leave it out',
      integer(1, 64),
    )
    .option(
      '--sync-every <n>',
      'with several GPUs on a slow network: so many steps on each alone, then the mean of their states',
      integer(1, 100_000),
    )
    .option('--isolate', 'with --gpus: hide the other GPUs of NVIDIA from each rank, where Mesa cannot')
    .addOption(
      new Option(
        '--scale-rate <rule>',
        'with n GPUs: learning rates times n, or times √n (default: as they are)',
      ).choices(['linear', 'root']),
    );

/** @throws UsageError for an option that one GPU cannot follow. */
export function checkOneGpu({ scaleRate, syncEvery = 1 }: TrainRankOptions): void {
  if (syncEvery > 1) throw new UsageError('--sync-every is for several GPUs; add --gpus');
  if (scaleRate) throw new UsageError('--scale-rate is for several GPUs; add --gpus, or set learning rates with --set');
}

/** The settings with the learning rates that `--scale-rate` asks for, by the number n of ranks: times n, or √n. */
export function withScaledRates(
  settings: RunSettings,
  rule: TrainRankOptions['scaleRate'],
  ranks: number | undefined,
): RunSettings {
  if (rule === undefined || ranks === undefined) return settings;
  const factor = rule === 'linear' ? ranks : Math.sqrt(ranks);
  const { recipe } = settings;
  const scaled = (of: AdamNumbers): AdamNumbers => ({ ...of, learningRate: of.learningRate * factor });
  const rates = {
    generatorOptimizer: scaled(recipe.generatorOptimizer),
    discriminatorOptimizer: scaled(recipe.discriminatorOptimizer),
  };
  return { ...settings, recipe: { ...recipe, ...rates } };
}
