/** @file Notes when a program hands work to the device, and how it learns that the work is done. */
import type { Gpu } from '@visage/gpu';

/** What one piece of work handed to the device. */
export interface Handed {
  readonly submissions: number;
  /** Milliseconds that the thread was inside the calls of `submit`. */
  readonly submitMs: number;
  /** When the first submission was handed over, by `performance.now()`; `undefined` without any. */
  readonly firstAt: number | undefined;
  /** How often Dawn's binding for Node asked for events. */
  readonly polls: number;
}

const NATIVE = /\[native code\]/; // the text of the binding's callbacks; see packages/gpu/src/node/polling.ts

/** Watches the submissions of a device, and the polls of the whole process, until it is uninstalled. */
export class HandingOver {
  #submissions = 0;
  #submitMs = 0;
  #firstAt: number | undefined;
  #polls = 0;
  readonly #undo: (() => void)[] = [];

  constructor({ device }: Gpu) {
    const { queue } = device;
    const submit = queue.submit;
    queue.submit = (buffers) => {
      const began = performance.now();
      submit.call(queue, buffers);
      const ended = performance.now();
      this.#firstAt ??= ended;
      this.#submitMs += ended - began;
      this.#submissions++;
      return undefined;
    };
    const immediately = globalThis.setImmediate;
    const counted = (fn: (...values: unknown[]) => void, ...values: unknown[]) => {
      if (NATIVE.test(Function.prototype.toString.call(fn))) this.#polls++;
      return immediately(fn, ...values);
    };
    globalThis.setImmediate = Object.assign(counted, immediately) as unknown as typeof setImmediate;
    this.#undo.push(() => {
      queue.submit = submit;
      globalThis.setImmediate = immediately;
    });
  }

  /** What was handed over since the last call. */
  take(): Handed {
    const taken = {
      submissions: this.#submissions,
      submitMs: this.#submitMs,
      firstAt: this.#firstAt,
      polls: this.#polls,
    };
    this.#submissions = this.#submitMs = this.#polls = 0;
    this.#firstAt = undefined;
    return taken;
  }

  uninstall(): void {
    for (const undo of this.#undo.splice(0)) undo();
  }
}
