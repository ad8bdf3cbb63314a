import { VisageError } from '@visage/gpu';

/**
 * Serialises the calls of a trainer: one run at a time, and its state is read between two steps only.
 *
 * A step may wait in its middle, for pictures to be read or kernels to be compiled. Of a step with two phases, half of
 * the weights have changed then.
 */
export class StepGate {
  readonly #owner: string;
  #running = false;
  #inStep = false;
  #spoiled: string | undefined;
  #waiting: (() => void)[] = [];

  /** @param owner the trainer's name in errors. */
  constructor(owner: string) {
    this.#owner = owner;
  }

  /**
   * @param what the call that a run must not overlap with.
   * @throws VisageError if a run is in progress.
   */
  refuseWhileRunning(what: string): void {
    if (!this.#running) return;
    throw new VisageError(
      `${this.#owner}.${what}: a run of this trainer is in progress; stop() it if need be, and await it before`,
    );
  }

  /** Notes that the state is no longer that of a whole step, and why. {@link StepGate.restored} ends this. */
  spoil(why: string): void {
    this.#spoiled ??= why;
  }

  /** Notes that the state was replaced as a whole. */
  restored(): void {
    this.#spoiled = undefined;
  }

  /** @throws VisageError if the state is not that of a whole step. */
  refuseSpoiled(what: string): void {
    if (this.#spoiled === undefined) return;
    throw new VisageError(`${this.#owner}.${what}: ${this.#spoiled}; restore() a checkpoint first`);
  }

  /**
   * Does a run.
   *
   * @throws VisageError when another one is in progress, or the state is not that of a whole step.
   */
  async run<T>(work: () => Promise<T>): Promise<T> {
    this.refuseWhileRunning('run');
    this.refuseSpoiled('run');
    this.#running = true;
    try {
      return await work();
    } finally {
      this.#running = false;
    }
  }

  /**
   * Does one step. Reads that {@link StepGate.between} was given meanwhile happen at its end, before the next step can
   * begin.
   */
  async step<T>(work: () => Promise<T>): Promise<T> {
    this.#inStep = true;
    try {
      return await work();
    } finally {
      this.#inStep = false;
      for (const look of this.#waiting.splice(0)) look();
    }
  }

  /**
   * Reads the state between two steps: now, or at the end of the step in progress.
   *
   * @param look must issue all its reads before it first waits, because the next step begins then.
   */
  between<T>(look: () => Promise<T>): Promise<T> {
    if (!this.#inStep) return look();
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => look().then(resolve, reject));
    });
  }
}
