import type { EventLoopUtilization } from 'node:perf_hooks';
import { Worker } from 'node:worker_threads';
import { VisageError } from '@visage/gpu';

/** Milliseconds that a thread has to end by itself. Its codecs have threads of their own, which it waits for. */
const PATIENCE = 5000;

interface Waiting<Answer> {
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

/**
 * A worker thread with codecs, so that the thread which drives the GPU neither copies frames nor waits for the locks of
 * the codecs. It takes orders, and its answers come in order.
 */
export class CodecThread<Order extends { readonly kind: string }, Answer> {
  readonly #worker: Worker;
  readonly #answers: Answer[] = [];
  readonly #waiting: Waiting<Answer>[] = [];
  readonly #ended: Promise<void>;
  #failure: Error | undefined;
  #begin: EventLoopUtilization | undefined;

  /** @param name of the worker's file beside this one, without its ending. */
  constructor(name: string) {
    const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    this.#worker = new Worker(new URL(`./${name}.${ending}`, import.meta.url), { name });
    this.#worker.on('message', (answer: Answer) => {
      this.#begin ??= this.#worker.performance.eventLoopUtilization();
      const waiting = this.#waiting.shift();
      if (waiting) waiting.resolve(answer);
      else this.#answers.push(answer);
    });
    this.#worker.on('error', (cause) => this.#fail(cause));
    this.#ended = new Promise((resolve) => {
      this.#worker.on('exit', () => {
        this.#fail(new VisageError(`the thread ${name} of the film's codecs ended before its work was done`));
        resolve();
      });
    });
  }

  /**
   * Milliseconds since its first answer in which the thread did something else than wait for orders and results of
   * codecs; 0 before that, and when it has ended. To wait for a lock of a codec counts.
   */
  get busy(): number {
    return this.#begin ? this.#worker.performance.eventLoopUtilization(this.#begin).active : 0;
  }

  /** @param moved memory that belongs to the thread from now on. */
  send(order: Order, moved: readonly ArrayBuffer[] = []): void {
    this.#worker.postMessage(order, [...moved]);
  }

  /** The next answer. @throws what ended the thread, if it did. */
  answer(): Promise<Answer> {
    const answer = this.#answers.shift();
    if (answer !== undefined) return Promise.resolve(answer);
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** Ends the thread with the order that asks for it; one that does not end by itself is ended. */
  async close(order: Order): Promise<void> {
    this.send(order);
    const timer = setTimeout(() => void this.#worker.terminate(), PATIENCE);
    await this.#ended;
    clearTimeout(timer);
  }

  #fail(cause: Error): void {
    this.#failure ??= cause;
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failure);
  }
}
