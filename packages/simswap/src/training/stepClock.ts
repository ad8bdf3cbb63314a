/** Measures the rate of steps between readings, smoothed; time spent on tasks does not count. */
export class StepClock {
  #last = performance.now();
  #rate = 0;

  tick(steps: number): number {
    const now = performance.now();
    const rate = (1000 * steps) / Math.max(1e-3, now - this.#last);
    this.#rate = this.#rate === 0 ? rate : 0.8 * this.#rate + 0.2 * rate;
    this.#last = now;
    return this.#rate;
  }

  skip(): void {
    this.#last = performance.now();
  }
}
