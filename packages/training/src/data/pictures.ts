import { type Image, image } from '@visage/faces';
import { checkOptions, type OptionKeys } from '@visage/gpu';
import { FileError } from '@visage/nn';
import { FacePool } from '@visage/photos/node';
import type { DataSet } from './dataSet.ts';
import { Recent } from './recent.ts';

/** A picture that cannot be used for training. */
export interface BadPicture {
  /** Path relative to the folder of the data set. */
  readonly name: string;
  readonly reason: string;
}

/** How pictures are decoded and kept. */
export interface PicturesOptions {
  /** The threads that decode. Default: those that all data sets of the process share. */
  readonly pool?: FacePool;
  /** Bytes of decoded pictures that are kept in memory because they may be drawn again. Default: a gigabyte. */
  readonly keptBytes?: number;
}

const OPTIONS: OptionKeys<PicturesOptions> = { pool: true, keptBytes: true };

/** The decoding threads of this process, which all data sets share. */
let common: FacePool | undefined;
function commonPool(): FacePool {
  common ??= new FacePool();
  return common;
}

/**
 * The pictures of a data set. A picture is read and decoded by a worker thread when it is requested; the gigabyte of
 * most recently used pictures is kept.
 *
 * A picture that once could not be read (truncated, not square, no picture, missing) is treated as bad from then on.
 * What is drawn in its place therefore does not depend on when it is requested.
 */
export class Pictures {
  readonly imageSize: number;
  /** Called once for each bad picture, by {@link Pictures.tell}. */
  onBad: ((bad: BadPicture) => void) | undefined;
  readonly #data: DataSet;
  readonly #pool: FacePool;
  readonly #bad = new Map<number, BadPicture>();
  readonly #told = new Set<number>();
  readonly #recent: Recent<number, Promise<Uint8Array | undefined>>;

  /** @throws ArgumentError for an option that there is not. */
  constructor(data: DataSet, imageSize: number, options: PicturesOptions = {}) {
    checkOptions('Pictures', options, OPTIONS);
    const { pool = commonPool(), keptBytes = 2 ** 30 } = options;
    this.#data = data;
    this.imageSize = imageSize;
    this.#pool = pool;
    this.#recent = new Recent(Math.max(1, Math.floor(keptBytes / (3 * imageSize ** 2))));
  }

  /** The bad pictures found so far. */
  get bad(): BadPicture[] {
    return [...this.#bad.values()];
  }

  /**
   * A picture as bytes, [imageSize, imageSize, 3] flattened, which take a quarter of the memory of floats; `undefined`
   * for a bad one.
   */
  async bytes(face: number): Promise<Uint8Array | undefined> {
    if (this.#bad.has(face)) return undefined;
    return this.#recent.get(face, () => this.#decoded(face));
  }

  /** A picture with values in [0, 1]; `undefined` for a bad one. */
  async face(face: number): Promise<Image | undefined> {
    const bytes = await this.bytes(face);
    return (
      bytes &&
      image(
        this.imageSize,
        this.imageSize,
        Float32Array.from(bytes, (value) => value / 255),
      )
    );
  }

  /**
   * Reports a bad picture, unless it was reported before. Pictures are decoded ahead of the steps that need them;
   * whoever draws them calls this when the step comes, so that a log says the same whenever the run was interrupted.
   */
  tell(face: number): void {
    const bad = this.#bad.get(face);
    if (bad === undefined || this.#told.has(face)) return;
    this.#told.add(face);
    this.onBad?.(bad);
  }

  async #decoded(face: number): Promise<Uint8Array | undefined> {
    const place = this.#data.place(face);
    try {
      return await this.#pool.decode(place, this.imageSize);
    } catch (cause) {
      if (!(cause instanceof FileError)) throw cause;
      const bad = { name: place.name, reason: cause.message.slice(`${place.name}: `.length) };
      this.#bad.set(face, bad);
      return undefined;
    }
  }
}
