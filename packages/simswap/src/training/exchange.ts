/** @file What a trainer asks of whatever connects it with other devices that train the same networks. */
import type { RecordedStep } from '@visage/gpu';
import type { Tensor } from '@visage/tensor';
import type { Shard } from '../core/shard.ts';

/** What the devices are to average after a recorded step. All of them ask for the same, in the same order. */
export interface ExchangeRequest {
  /** Computes the tensors; `undefined` if they are there already. */
  readonly step?: RecordedStep<unknown>;
  /** f32. They may travel as soon as the step has computed them. */
  readonly gradients: readonly Tensor[];
  /** Whether gradients travel in f16. */
  readonly half: boolean;
  /** f32 tensors that travel in f32. */
  readonly exact: readonly Tensor[];
}

/** A planned exchange, that can be run at every step. */
export interface ExchangePlan {
  /** The means of the gradients over the devices, the same bits on each; valid until the next run. */
  readonly gradients: readonly Tensor[];
  /** The means of the exact tensors. */
  readonly exact: readonly Tensor[];
  /** Runs the step and exchanges what it computed. Launches that are issued afterwards see the means. */
  run(): Promise<void>;
  dispose(): void;
}

/** Connects the devices that train the same networks, each on its rows of the batch. */
export interface GradientExchange extends Shard {
  plan(request: ExchangeRequest): ExchangePlan;
  /** Whether any device says yes. All of them ask at the same time, and get the same answer. */
  any(yes: boolean): Promise<boolean>;
  /** What every device says, by rank; JSON. All of them ask at the same time. */
  gather<T>(value: T): Promise<T[]>;
  /** Does a run of steps, in which a device that stands still is missed by the others. */
  steps<T>(work: () => Promise<T>): Promise<T>;
  /** Does something of a run that is no step and may take long: it compiles, saves or measures. */
  aside<T>(work: () => T | Promise<T>): Promise<T>;
}
