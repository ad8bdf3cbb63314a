/**
 * @file The same budget for every system: seconds of training on the same device, turned into a number of steps before
 * the training starts.
 */
import { currentGpu } from '@visage/gpu';
import type { Module } from '@visage/nn';

/** Seconds of training per system, or steps. */
export interface Budget {
  readonly seconds: number;
  /** This many steps instead, whatever they take; for tests. */
  readonly steps?: number;
}

/** A training that can be taken further. */
export interface Training {
  /** What it trains. */
  readonly networks: readonly Module[];
  run(steps: number): Promise<void>;
  /** Gives back the memory of the training, not that of the networks. */
  dispose(): void;
}

/** What a training took. */
export interface Spent {
  readonly steps: number;
  readonly seconds: number;
}

const WARM_UP = 12; // steps that compile kernels and record, before the clock runs
const MEASURED = 24; // steps, again and again until the clock has run for a share of the budget
const TRIAL = 0.03;
const IN_FLIGHT = 16; // steps issued between two waits for the device

/**
 * Trains for a share of the budget. The rate of a throw-away training says how many steps fit, so that learning rates
 * can fall over exactly those; compiling does not count.
 *
 * @param start makes a training of so many steps, of new networks, from its first step on.
 */
export async function spend(budget: Budget, share: number, start: (steps: number) => Training): Promise<Spent> {
  const steps = budget.steps
    ? Math.max(1, Math.round(share * budget.steps))
    : await affordable(share * budget.seconds, start);
  const training = start(steps);
  const seconds = await timed(() => training.run(steps));
  training.dispose();
  return { steps, seconds };
}

async function affordable(seconds: number, start: (steps: number) => Training): Promise<number> {
  const trial = start(WARM_UP + MEASURED);
  await trial.run(WARM_UP);
  let [steps, taken] = [0, 0];
  do {
    taken += await timed(() => trial.run(MEASURED));
    steps += MEASURED;
  } while (taken < TRIAL * seconds);
  trial.dispose();
  for (const network of trial.networks) network.dispose();
  return Math.max(1, Math.floor((seconds * steps) / taken));
}

/** Seconds until the device has done what `work` issues. */
async function timed(work: () => Promise<void>): Promise<number> {
  await currentGpu().sync();
  const began = performance.now();
  await work();
  await currentGpu().sync();
  return (performance.now() - began) / 1000;
}

/** Runs single steps, waiting for the device now and then so that not everything is queued at once. */
export const stepByStep =
  (one: () => void | Promise<void>): Training['run'] =>
  async (steps) => {
    for (let k = 0; k < steps; k++) {
      await one();
      if ((k + 1) % IN_FLIGHT === 0) await currentGpu().sync();
    }
  };

/** What several trainings took together. */
export const together = (all: readonly Spent[]): Spent => ({
  steps: all.reduce((sum, { steps }) => sum + steps, 0),
  seconds: all.reduce((sum, { seconds }) => sum + seconds, 0),
});
