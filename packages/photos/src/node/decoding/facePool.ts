import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { checkInteger, checkOptions, type OptionKeys, VisageError } from '@visage/gpu';
import { FileError } from '@visage/nn';

/** Where the file of an aligned face lies: a file of its own, or bytes `offset` to `offset + length` of a shard. */
export interface FacePlace {
  /** What errors call the face. */
  readonly name: string;
  readonly file: string;
  readonly offset?: number;
  readonly length?: number;
}

export interface FacePoolOptions {
  /** Threads. Default: as many as there are processors, at most 8. */
  readonly workers?: number;
}

const OPTIONS: OptionKeys<FacePoolOptions> = { workers: true };

/**
 * Threads by default, at most. A thread decodes about a thousand faces of 224 pixels a second, and a training step on
 * the fastest GPU takes less than that. Other files than plain JPEGs are decoded by sharp, in the four threads of
 * libuv's pool, which a process may enlarge with the environment variable UV_THREADPOOL_SIZE.
 */
const MOST_WORKERS = 8;

interface Waiting {
  readonly name: string;
  resolve(bytes: Uint8Array): void;
  reject(error: Error): void;
}

interface Answer {
  readonly id: number;
  readonly bytes?: Uint8Array;
  readonly problem?: string;
}

/** A worker thread and the faces that it has been asked for. */
class Thread {
  readonly waiting = new Map<number, Waiting>();
  readonly #worker = new Worker(new URL('./faceWorker.mjs', import.meta.url), { execArgv: [] });
  #next = 0;

  constructor() {
    this.#worker.on('message', (answer: Answer) => this.#answered(answer));
    this.#worker.on('error', (cause) => this.#failed(new VisageError(`a decoding thread failed: ${cause.message}`)));
    this.#worker.on('exit', () => this.#failed(new VisageError('a decoding thread ended before its faces were read')));
    this.#worker.unref(); // after the listeners: listening for messages holds the process open again
  }

  ask(place: FacePlace, size: number): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const id = this.#next++;
      // A thread keeps the process alive only while somebody waits for it.
      if (this.waiting.size === 0) this.#worker.ref();
      this.waiting.set(id, { name: place.name, resolve, reject });
      this.#worker.postMessage({ id, place, size });
    });
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #answered({ id, bytes, problem }: Answer): void {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    if (this.waiting.size === 0) this.#worker.unref();
    if (bytes) waiting?.resolve(bytes);
    else waiting?.reject(new FileError(waiting.name, problem ?? 'cannot be decoded'));
  }

  #failed(error: VisageError): void {
    for (const { reject } of this.waiting.values()) reject(error);
    this.waiting.clear();
  }
}

/**
 * Worker threads that read aligned faces out of files and decode them (JPEG, PNG, WebP, … by their content), so that
 * the thread which feeds the GPU has nothing to do with it. They start with the first face. Plain JPEGs are decoded by
 * libjpeg-turbo as WebAssembly, everything else by sharp.
 *
 * EXIF turns are applied, embedded profiles become sRGB, transparency is dropped; a face of another size is resampled
 * with a triangle filter, or by the cosine transform of a plain JPEG whose side is 8/n of the one asked for.
 */
export class FacePool {
  readonly #count: number;
  #threads: readonly Thread[] = [];
  #closed = false;

  /** @throws ArgumentError for a number of workers out of range. */
  constructor(options: FacePoolOptions = {}) {
    checkOptions('FacePool', options, OPTIONS);
    const { workers = Math.min(MOST_WORKERS, availableParallelism()) } = options;
    checkInteger('FacePool', 'workers', workers, 1, 64);
    this.#count = workers;
  }

  /**
   * A face as RGB bytes, [size, size, 3] flattened.
   *
   * @throws FileError that names the face when it cannot be read, is damaged or is not square.
   */
  async decode(place: FacePlace, size: number): Promise<Uint8Array> {
    checkInteger('FacePool.decode', 'size', size, 1, 8192);
    if (this.#closed) throw new VisageError('FacePool.decode: the pool is closed; make another one');
    if (this.#threads.length === 0) this.#threads = Array.from({ length: this.#count }, () => new Thread());
    const idlest = this.#threads.reduce((a, b) => (b.waiting.size < a.waiting.size ? b : a));
    return idlest.ask(place, size);
  }

  /** Ends the threads; faces that somebody waits for are refused. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#threads.map((thread) => thread.end()));
  }
}
