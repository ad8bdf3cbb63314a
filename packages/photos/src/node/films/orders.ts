import { performance } from 'node:perf_hooks';
import type { Told } from './codecMessages.ts';
import type { ProcessTime } from './codecProcess.ts';

/** The other end of a {@link CodecProcess}: the orders that this process was given, in order, and its answers. */
export class Orders<Order extends { readonly kind: string }, Answer> {
  readonly #given: Order[] = [];
  #last: Order | undefined;
  #waiting: ((order: Order) => void) | undefined;
  #begin: { readonly busy: number; readonly processor: NodeJS.CpuUsage } | undefined;

  /** @param onArrival is called with each order as soon as it comes. */
  constructor(onArrival: (order: Order) => void = () => {}) {
    process.on('message', (order: Order) => {
      onArrival(order);
      const waiting = this.#waiting;
      this.#waiting = undefined;
      if (waiting) waiting(order);
      else this.#given.push(order);
    });
    process.on('disconnect', () => process.exit()); // whoever gave the orders is gone
    // Ctrl-C in a terminal goes to all processes. The one that gives the orders decides what becomes of the film.
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
  }

  /** The next order, which one caller at a time may wait for. Behind `close` there are no others. */
  async next(): Promise<Order> {
    const order = this.#last ?? this.#given.shift() ?? (await this.#coming());
    if (order.kind === 'close') this.#last = order;
    return order;
  }

  answer(answer: Answer): void {
    this.#tell(answer);
  }

  /** Waits until nothing more is wanted, and says that this process can be ended. */
  async closed(): Promise<void> {
    while (!this.#last) await this.next();
    this.#tell('closed');
  }

  #tell(answer: Answer | 'closed'): void {
    process.send?.({ answer, time: this.#time() } satisfies Told<Answer>);
  }

  #time(): ProcessTime {
    const busy = performance.eventLoopUtilization().active;
    this.#begin ??= { busy, processor: process.cpuUsage() };
    const { user, system } = process.cpuUsage(this.#begin.processor);
    return { busy: busy - this.#begin.busy, processor: (user + system) / 1000 };
  }

  #coming(): Promise<Order> {
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }
}
