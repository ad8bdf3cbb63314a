import type { MessagePort } from 'node:worker_threads';

/** The orders that a worker thread was given, in order. While more may come, the thread lives. */
export class Orders<Order extends { readonly kind: string }> {
  readonly #port: MessagePort | null;
  readonly #given: Order[] = [];
  #last: Order | undefined;
  #waiting: ((order: Order) => void) | undefined;

  /** @param port of the worker. */
  constructor(port: MessagePort | null) {
    this.#port = port;
    port?.on('message', (order: Order) => {
      const waiting = this.#waiting;
      this.#waiting = undefined;
      if (waiting) waiting(order);
      else this.#given.push(order);
    });
  }

  /** The next order, which one caller at a time may wait for. Behind `close` there are no others. */
  async next(): Promise<Order> {
    const order = this.#last ?? this.#given.shift() ?? (await this.#coming());
    if (order.kind === 'close') this.#last = order;
    return order;
  }

  /** Waits until nothing more is wanted, and lets the thread end. */
  async closed(): Promise<void> {
    while (!this.#last) await this.next();
    this.#port?.close();
  }

  #coming(): Promise<Order> {
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }
}
