/** @file The worker threads of an import. */
import { Worker } from 'node:worker_threads';
import { VisageError } from '@visage/gpu';
// sharp has to be loaded in the main thread before threads use it: glibc frees its libraries with the last thread else
import 'sharp';
import type { DecodedPicture } from './decode.ts';
import type { EncodedFace } from './encode.ts';

/** What a worker is asked for. */
export type Task =
  | { readonly kind: 'decode'; readonly file: string; readonly name: string }
  | { readonly kind: 'encode'; readonly pixels: Uint8Array; readonly size: number; readonly quality: number };

interface Reply {
  readonly id: number;
  readonly answer?: DecodedPicture | EncodedFace;
  readonly problem?: string;
  /** The stack of an error that is no user's. */
  readonly bug?: string;
}

interface Asked {
  readonly resolve: (answer: DecodedPicture | EncodedFace) => void;
  readonly reject: (error: Error) => void;
}

/** A thread, and what it was asked for and has not answered. */
interface Thread {
  readonly worker: Worker;
  readonly asked: Map<number, Asked>;
}

const FILE = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url);

/** Threads that decode pictures and compress faces while the main thread keeps the GPU busy. */
export class ImportWorkers {
  readonly #threads: readonly Thread[];
  #next = 0;

  constructor(count: number) {
    this.#threads = Array.from({ length: count }, () => {
      const thread: Thread = { worker: new Worker(FILE), asked: new Map() };
      thread.worker.on('message', (reply: Reply) => answered(thread, reply));
      thread.worker.on('error', (error) => abandoned(thread, error));
      thread.worker.on('exit', () => abandoned(thread, new Error('a worker thread ended')));
      return thread;
    });
  }

  /**
   * Reads and decodes a picture.
   *
   * @throws VisageError that names it if it is broken.
   */
  decode(file: string, name: string): Promise<DecodedPicture> {
    return this.#ask({ kind: 'decode', file, name }, []) as Promise<DecodedPicture>;
  }

  /** Compresses and measures a face; the buffer of `pixels` cannot be used afterwards. */
  encode(pixels: Uint8Array<ArrayBuffer>, size: number, quality: number): Promise<EncodedFace> {
    return this.#ask({ kind: 'encode', pixels, size, quality }, [pixels.buffer]) as Promise<EncodedFace>;
  }

  #ask(task: Task, moved: readonly ArrayBuffer[]): Promise<DecodedPicture | EncodedFace> {
    const idlest = this.#threads.reduce((best, thread) => (thread.asked.size < best.asked.size ? thread : best));
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      idlest.asked.set(id, { resolve, reject });
      idlest.worker.postMessage({ id, task }, [...moved]);
    });
  }

  /** Ends the threads. */
  async close(): Promise<void> {
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
  }
}

function answered({ asked }: Thread, { id, answer, problem, bug }: Reply): void {
  const waiting = asked.get(id);
  asked.delete(id);
  if (answer) waiting?.resolve(answer);
  else waiting?.reject(bug === undefined ? new VisageError(problem) : new Error(bug));
}

function abandoned({ asked }: Thread, error: Error): void {
  for (const { reject } of asked.values()) reject(error);
  asked.clear();
}
