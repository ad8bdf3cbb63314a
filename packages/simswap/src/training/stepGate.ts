import { VisageError } from '@visage/gpu';

/**
 * Keeps what a trainer is asked to do at the same time apart: one run at a time, and looks at its state between two steps only.
 *
 * A step may wait in its middle, for pictures to be read or kernels to be compiled, and a step of two turns has changed half of the weights then.
 */
export class StepGate {
  readonly #owner: string;
  #running = false;
  #inStep = false;
  #spoiled: string | undefined;
  #waiting: (() => void)[] = [];

  /** @param owner how errors call the trainer. */
  constructor(owner: string) {
    this.#owner = owner;
  }

  /** Throws if a run is in progress. @param what would disturb it. */
  refuseWhileRunning(what: string): void {
    if (!this.#running) return;
    throw new VisageError(
      `${this.#owner}.${what}: a run of this trainer is in progress; stop() it if need be, and await it before`,
    );
  }

  /** Notes that the state is that of no step any more, and why, until {@link StepGate.restored}. */
  spoil(why: string): void {
    this.#spoiled ??= why;
  }

  /** Notes that the state was replaced as a whole. */
  restored(): void {
    this.#spoiled = undefined;
  }

  /** Throws if the state is that of no step. */
  refuseSpoiled(what: string): void {
    if (this.#spoiled === undefined) return;
    throw new VisageError(`${this.#owner}.${what}: ${this.#spoiled}; restore() a checkpoint first`);
  }

  /** @throws VisageError when another run is in progress, or the state is that of no step. */
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

  /** Does one step. What {@link StepGate.between} was given meanwhile happens at its end, before another step can begin. */
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
   * Looks at the state between two steps: now, or at the end of the step at hand.
   *
   * @param look must issue its reads before it first waits: steps go on behind it.
   */
  between<T>(look: () => Promise<T>): Promise<T> {
    if (!this.#inStep) return look();
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => look().then(resolve, reject));
    });
  }
}
