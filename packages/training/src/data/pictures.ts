import { relative } from 'node:path';
import type { Image } from '@visage/faces';
import { readFace } from '@visage/faces/node';
import { Recent } from './recent.ts';

/** A picture that cannot be used for training. */
export interface BadPicture {
  /** Path relative to the folder of the data set. */
  readonly name: string;
  readonly reason: string;
}

/** Bytes of decoded pictures that are kept in memory because they may be drawn again. */
const KEPT_BYTES = 2 ** 30;
/** Files open at the same time. Some systems allow a process only 256. */
const LANES = 16;

/**
 * The pictures of a data set. A picture is read when it is requested; the gigabyte of most recently used pictures is
 * kept.
 *
 * A picture that once could not be read (truncated, not square, not a PNG, missing) is treated as bad from then on.
 * What is drawn in its place therefore does not depend on when it is requested.
 */
export class Pictures {
  readonly imageSize: number;
  /** Called once for each bad picture. */
  onBad: ((bad: BadPicture) => void) | undefined;
  readonly #folder: string;
  readonly #bad = new Map<string, BadPicture>();
  readonly #recent: Recent<string, Promise<Uint8Array | undefined>>;
  readonly #lanes: Promise<unknown>[] = Array.from({ length: LANES }, () => Promise.resolve());
  #asked = 0;

  constructor(folder: string, imageSize: number) {
    this.#folder = folder;
    this.imageSize = imageSize;
    this.#recent = new Recent(Math.max(1, Math.floor(KEPT_BYTES / (3 * imageSize ** 2))));
  }

  /** The bad pictures found so far. */
  get bad(): BadPicture[] {
    return [...this.#bad.values()];
  }

  /**
   * A picture as bytes, [imageSize, imageSize, 3] flattened, which take a quarter of the memory of floats; `undefined`
   * for a bad one.
   */
  async bytes(path: string): Promise<Uint8Array | undefined> {
    if (this.#bad.has(path)) return undefined;
    return this.#recent.get(path, async () => {
      const face = await this.#inLane(() => this.face(path));
      return face && Uint8Array.from(face.data, (value) => Math.round(255 * value));
    });
  }

  /** A picture with values in [0, 1]; `undefined` for a bad one. */
  async face(path: string): Promise<Image | undefined> {
    if (this.#bad.has(path)) return undefined;
    try {
      return await readFace(path, this.imageSize);
    } catch (cause) {
      if (this.#bad.has(path)) return undefined;
      const { message } = cause as Error;
      const reason = message.startsWith(`${path}: `) ? message.slice(path.length + 2) : message;
      const bad = { name: relative(this.#folder, path), reason };
      this.#bad.set(path, bad);
      this.onBad?.(bad);
      return undefined;
    }
  }

  #inLane<T>(work: () => Promise<T>): Promise<T> {
    const lane = this.#asked++ % LANES;
    const result = (this.#lanes[lane] as Promise<unknown>).then(work);
    this.#lanes[lane] = result.catch(() => undefined);
    return result;
  }
}
