import { relative } from 'node:path';
import type { Image } from '@visage/faces';
import { readFace } from '@visage/faces/node';
import { Recent } from './recent.ts';

/** A picture that cannot be trained on. */
export interface BadPicture {
  /** Path from the folder of the data set. */
  readonly name: string;
  readonly reason: string;
}

/** Memory for pictures that may be drawn again. */
const KEPT_BYTES = 2 ** 30;
/** Files open at once; a process may have 256 on some systems. */
const LANES = 16;

/**
 * The pictures of a data set, read when they are asked for; the latest gigabyte of them is kept.
 *
 * One that cannot be read once (cut, not square, no PNG, gone) is bad for ever, so that what is drawn in its place does
 * not depend on when it is asked for.
 */
export class Pictures {
  readonly imageSize: number;
  /** Is told of each bad picture once. */
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

  /** Those found so far. */
  get bad(): BadPicture[] {
    return [...this.#bad.values()];
  }

  /** A picture as bytes, a quarter of the memory of floats; `undefined` for a bad one. */
  async bytes(path: string): Promise<Uint8Array | undefined> {
    if (this.#bad.has(path)) return undefined;
    return this.#recent.get(path, async () => {
      const face = await this.#inLane(() => this.face(path));
      return face && Uint8Array.from(face.data, (value) => Math.round(255 * value));
    });
  }

  /** A picture in [0, 1]; `undefined` for a bad one. */
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
