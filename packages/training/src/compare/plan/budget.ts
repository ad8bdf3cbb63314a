/**
 * @file Gives every system the same budget: seconds of training on the same device, which are converted into a number
 * of steps before the training starts.
 */
import { currentGpu } from '@visage/gpu';
import type { Module } from '@visage/nn';

/** The budget of each system, in seconds of training or in steps. */
export interface Budget {
  readonly seconds: number;
  /** A number of steps that replaces the time limit; for tests. */
  readonly steps?: number;
}

/** A training that can be continued. */
export interface Training {
  /** The networks that it trains. */
  readonly networks: readonly Module[];
  run(steps: number): Promise<void>;
  /** Frees the memory of the training, but not that of the networks. */
  dispose(): void;
}

/** The steps and the time that a training took. */
export interface Spent {
  readonly steps: number;
  readonly seconds: number;
}

const WARM_UP = 12; // untimed steps in which kernels are compiled and the step is recorded
const MEASURED = 24; // steps of one measurement, repeated until they took a share TRIAL of the budget
const TRIAL = 0.03;
const IN_FLIGHT = 16; // steps that are submitted between two waits for the device

/**
 * Trains for a share of the budget. A trial training, which is discarded, measures how many steps fit into it, so that
 * learning rates can decay over exactly those. Compilation time does not count.
 *
 * @param start creates a training of the given number of steps, with new networks, at its first step.
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

/** Seconds until the device has finished what `work` submits. */
async function timed(work: () => Promise<void>): Promise<number> {
  await currentGpu().sync();
  const began = performance.now();
  await work();
  await currentGpu().sync();
  return (performance.now() - began) / 1000;
}

/**
 * Runs single steps and waits for the device every {@link IN_FLIGHT} steps, so that only a limited number is queued.
 */
export const stepByStep =
  (one: () => void | Promise<void>): Training['run'] =>
  async (steps) => {
    for (let k = 0; k < steps; k++) {
      await one();
      if ((k + 1) % IN_FLIGHT === 0) await currentGpu().sync();
    }
  };

/** The total steps and time of several trainings. */
export const together = (all: readonly Spent[]): Spent => ({
  steps: all.reduce((sum, { steps }) => sum + steps, 0),
  seconds: all.reduce((sum, { seconds }) => sum + seconds, 0),
});
