import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { VisageError } from '@visage/gpu';
import type { Told } from './codecMessages.ts';
import { FrameSlots } from './frameSlots.ts';

/** Milliseconds that a process has to give up its film once it is asked to. */
const PATIENCE = 5000;

interface Waiting<Answer> {
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

/** What a process of codecs took so far. */
export interface ProcessTime {
  /** Milliseconds in which its main thread did something else than wait for orders and results of codecs. */
  readonly busy: number;
  /** Milliseconds of processor time of all its threads. */
  readonly processor: number;
}

/**
 * A process with codecs, so that the thread which drives the GPU neither copies frames nor waits for the locks of the
 * codecs. It takes the orders of one film, and its answers come in order.
 *
 * It is a process and not a thread, because the codecs may crash where two threads of a process have loaded them: Node
 * before 24.14 and 25.4 frees callbacks that a codec's own thread still uses when a thread ends
 * (https://github.com/nodejs/node/issues/55706), and codecs in two threads free each other's objects.
 */
export class CodecProcess<Order extends { readonly kind: string }, Answer extends { readonly kind: string }> {
  /** Where frames lie on their way from one process to the other. */
  readonly slots = FrameSlots.make();
  readonly #does: string;
  readonly #process: ChildProcess;
  readonly #answers: Answer[] = [];
  readonly #waiting: Waiting<Answer>[] = [];
  readonly #ended: Promise<void>;
  #failure: Error | undefined;
  #closing: Promise<void> | undefined;
  #time: ProcessTime = { busy: 0, processor: 0 };

  /**
   * @param name of the program beside this file, without its ending.
   * @param does what it does to a film, for messages.
   */
  constructor(name: string, does: string) {
    this.#does = does;
    const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    this.#process = fork(fileURLToPath(new URL(`./${name}.${ending}`, import.meta.url)), {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc', this.slots.descriptor],
    });
    this.#process.on('message', (told) => this.#receive(told as Told<Answer>));
    this.#ended = new Promise((resolve) => {
      const end = (how: string): void => {
        this.#fail(
          new VisageError(`the process that ${does} the film ended (${how}); call again, and the work goes on`),
        );
        resolve();
      };
      this.#process.once('error', ({ message }) => end(message));
      this.#process.once('exit', (status, signal) => end(signal ?? `status ${status}`));
    });
  }

  /** What it took since its first answer. */
  get time(): ProcessTime {
    return this.#time;
  }

  send(order: Order): void {
    if (this.#process.connected) this.#process.send(order, () => undefined); // whoever waits for an answer is told
  }

  /** The next answer. @throws what ended the process, if it did. */
  answer(): Promise<Answer> {
    const answer = this.#answers.shift();
    if (answer !== undefined) return Promise.resolve(answer);
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** Sends the order that ends the work on the film, and ends the process when it has given up its files. */
  close(order: Order): Promise<void> {
    this.#closing ??= this.#close(order);
    return this.#closing;
  }

  async #close(order: Order): Promise<void> {
    this.send(order);
    const timer = setTimeout(() => this.#end(), PATIENCE);
    await this.#ended;
    clearTimeout(timer);
    await this.slots.close();
  }

  #receive({ answer, time }: Told<Answer>): void {
    this.#time = time;
    if (answer === 'closed') {
      this.#end();
      return;
    }
    const waiting = this.#waiting.shift();
    if (waiting) waiting.resolve(answer);
    else this.#answers.push(answer);
  }

  /** Without a farewell to the codecs: their threads would be stopped in the middle. */
  #end(): void {
    this.#fail(new VisageError(`the process that ${this.#does} the film was closed`));
    this.#process.kill('SIGKILL');
  }

  #fail(cause: Error): void {
    this.#failure ??= cause;
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failure);
  }
}
