/** @file How far the host runs ahead of the device in a training, and how fast the training goes. */
import type { Gpu } from '@visage/gpu';

/** Steps that may be issued and not done: the device computes one while the host encodes the next. */
const MOST_IN_FLIGHT = 2;

/**
 * Keeps the host from running ahead of the device, whose queue would otherwise grow without bound between two readings
 * of the losses.
 *
 * The host waits for the step before the last one that it issued, never for the last one. So the device always has
 * work, as long as a step takes the device longer than the host.
 */
export class StepsInFlight {
  readonly #gpu: Gpu;
  readonly #done: Promise<void>[] = [];

  constructor(gpu: Gpu) {
    this.#gpu = gpu;
  }

  /** Waits until another step may be issued. It throws what went wrong with the step that it waits for. */
  async room(): Promise<void> {
    while (this.#done.length >= MOST_IN_FLIGHT) await this.#done.shift();
  }

  /** Notes that a step was issued. */
  issued(): void {
    const done = this.#gpu.sync();
    done.catch(() => {}); // thrown where it is awaited
    this.#done.push(done);
  }
}

/**
 * Measures steps per second between readings of the losses, as a running mean. The time that tasks take does not count.
 */
export class StepClock {
  #last = performance.now();
  #rate = 0;

  /** Steps per second, after `steps` more steps. */
  tick(steps: number): number {
    const now = performance.now();
    const rate = (1000 * steps) / Math.max(1e-3, now - this.#last);
    this.#rate = this.#rate === 0 ? rate : 0.8 * this.#rate + 0.2 * rate;
    this.#last = now;
    return this.#rate;
  }

  /** Leaves the time since the last tick out. */
  skip(): void {
    this.#last = performance.now();
  }
}
