import type { Gpu } from '@visage/gpu';

/** Steps that may be issued and not done: one computes while the host encodes the next. */
const MOST = 2;

/**
 * Keeps the host from running ahead of the device, whose queue would grow without bound between two readings.
 *
 * The host waits for the step before the last, never for the last: the device always has work, as long as a step takes it longer than the host.
 */
export class StepsInFlight {
  readonly #gpu: Gpu;
  readonly #done: Promise<void>[] = [];

  constructor(gpu: Gpu) {
    this.#gpu = gpu;
  }

  /** Waits until another step may be issued; throws what went wrong with the step that it waits for. */
  async room(): Promise<void> {
    while (this.#done.length >= MOST) await this.#done.shift();
  }

  /** Notes that a step was issued. */
  issued(): void {
    const done = this.#gpu.sync();
    done.catch(() => {}); // thrown where it is awaited
    this.#done.push(done);
  }
}
