/**
 * Calls a function when something has not been used for a while. The timer keeps no process alive.
 */
export class WhenIdle {
  readonly #milliseconds: number;
  readonly #act: () => void;
  #last = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(milliseconds: number, act: () => void) {
    this.#milliseconds = milliseconds;
    this.#act = act;
  }

  /** Notes a use. */
  used(): void {
    this.#last = performance.now();
    if (this.#timer === undefined) this.#wait(this.#milliseconds);
  }

  /** Ends the waiting; the function is not called. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #wait(milliseconds: number): void {
    this.#timer = setTimeout(() => {
      const left = this.#last + this.#milliseconds - performance.now();
      this.#timer = undefined;
      if (left > 0) this.#wait(left);
      else this.#act();
    }, milliseconds);
    const timer: { unref?(): void } | number = this.#timer; // a number in browsers
    if (typeof timer === 'object') timer.unref?.();
  }
}
