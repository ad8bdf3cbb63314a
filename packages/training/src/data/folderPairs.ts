import { FaceSampler, type SwapIndices } from '@visage/faces';
import type { FolderIdentity } from '@visage/faces/node';
import { VisageError } from '@visage/gpu';
import { type ImagePairs, type PairKind, shuffledRows, type TrainingData } from '@visage/simswap';
import { cast, div, keep, type Tensor, tensor } from '@visage/tensor';
import { Pictures } from './pictures.ts';

/** What {@link FolderPairs} draws from. */
export interface FolderPairsOptions {
  readonly identities: readonly FolderIdentity[];
  readonly batchSize: number;
  readonly imageSize: number;
  readonly seed: number;
  /** Reads the pictures, at the same image size. Callers pass their own to be told of unreadable pictures. */
  readonly pictures?: Pictures;
}

/** Pairs of aligned faces from a data set with one folder per person. A picture is read when it is drawn. */
export class FolderPairs implements TrainingData {
  readonly batchSize: number;
  readonly imageSize: number;
  readonly #options: FolderPairsOptions;
  readonly #sampler: FaceSampler;
  readonly #pictures: Pictures;
  /** Batches are uploaded as bytes, a quarter of the size of floats. */
  readonly #target: Tensor;
  readonly #source: Tensor;

  /** @throws VisageError when there are fewer than two people, or when a person has only a single picture. */
  constructor(options: FolderPairsOptions) {
    const { identities, batchSize, imageSize } = options;
    if (identities.length < 2)
      throw new VisageError(`the data set has ${identities.length} people, training needs at least 2`);
    const single = identities.find(({ files }) => files.length < 2);
    if (single) {
      throw new VisageError(
        `data set: ${single.name} has a single picture; pairs of one person need two, so remove the folder`,
      );
    }
    this.batchSize = batchSize;
    this.imageSize = imageSize;
    this.#options = options;
    this.#pictures = options.pictures ?? new Pictures('.', imageSize);
    this.#sampler = new FaceSampler({ identities: identities.length, seed: options.seed });
    const shape = [batchSize, imageSize, imageSize, 3];
    const bytes = new Uint8Array(batchSize * imageSize * imageSize * 3);
    [this.#target, this.#source] = [keep(tensor(bytes, shape)), keep(tensor(bytes, shape))];
  }

  images(): ImagePairs {
    return { target: unit(this.#target), source: unit(this.#source) };
  }

  async load(kind: PairKind, step: number): Promise<void> {
    const pairs = await this.#draw(kind, step);
    this.#target.write(this.#batch(pairs.map(({ target }) => target)));
    this.#source.write(this.#batch(pairs.map(({ source }) => source)));
  }

  /** @throws VisageError when too few readable pictures are left to form such a pair. */
  async read(kind: PairKind, step: number): Promise<void> {
    await this.#draw(kind, step);
  }

  /**
   * The pictures of a batch. They depend on the arguments, on the seed and on which pictures are unreadable, but not on
   * when those were found to be unreadable.
   */
  async #draw(kind: PairKind, step: number): Promise<DrawnPair[]> {
    const { batchSize, seed } = this.#options;
    const drawn = this.#sampler.swap(step, batchSize, kind !== 'cross');
    const pairs = await Promise.all(Array.from({ length: batchSize }, (_, row) => this.#pair(kind, drawn, row)));
    if (kind !== 'shuffled') return pairs;
    const rows = shuffledRows(batchSize, step, seed);
    return pairs.map(({ target }, k) => ({ target, source: (pairs[rows[k] as number] as DrawnPair).source }));
  }

  /**
   * The pair of a row. The person's next readable picture replaces an unreadable one, and the next person replaces one
   * with too few readable pictures; both lists wrap around at their end.
   */
  async #pair(kind: PairKind, drawn: SwapIndices, row: number): Promise<DrawnPair> {
    const people = this.#options.identities.length;
    const [first, second] = [drawn.targetIdentities[row] as number, drawn.sourceIdentities[row] as number];
    const [at, other] = [drawn.targetAttributes[row] as number, drawn.sourceAttributes[row] as number];
    for (let k = 0; k < people; k++) {
      const owner = (first + k) % people;
      const target = await this.#good(owner, at);
      if (!target) continue;
      if (kind !== 'cross') {
        // Two pictures of one person must differ, so the second is 1 to n − 1 places behind the first, with
        // wrap-around.
        const source = await this.#good(owner, target.at + 1 + (other % (this.#filesOf(owner).length - 1)), target.at);
        if (source) return { target: target.bytes, source: source.bytes };
        continue;
      }
      for (let j = 0; j < people; j++) {
        const donor = (second + j) % people;
        const source = donor === owner ? undefined : await this.#good(donor, other);
        if (source) return { target: target.bytes, source: source.bytes };
      }
    }
    throw new VisageError(
      `data set: ${kind === 'cross' ? 'fewer than two people have a good picture' : 'nobody has two good pictures'} left; ${this.#pictures.bad.length} pictures are bad, the last one ${this.#lastBad()}`,
    );
  }

  /** The first readable picture of a person from number `first` on, with wrap-around, skipping number `except`. */
  async #good(person: number, first: number, except = -1): Promise<{ at: number; bytes: Uint8Array } | undefined> {
    const files = this.#filesOf(person);
    for (let k = 0; k < files.length; k++) {
      const at = (first + k) % files.length;
      const bytes = at === except ? undefined : await this.#pictures.bytes(files[at] as string);
      if (bytes) return { at, bytes };
    }
    return undefined;
  }

  #filesOf(person: number): readonly string[] {
    return (this.#options.identities[person] as FolderIdentity).files;
  }

  #lastBad(): string {
    const last = this.#pictures.bad.at(-1);
    return last ? `${last.name}: ${last.reason}` : 'unknown';
  }

  #batch(pictures: readonly Uint8Array[]): Uint8Array {
    const batch = new Uint8Array(this.#target.size);
    pictures.forEach((bytes, k) => {
      batch.set(bytes, k * bytes.length);
    });
    return batch;
  }
}

interface DrawnPair {
  readonly target: Uint8Array;
  readonly source: Uint8Array;
}

/** Converts bytes to numbers in [0, 1] on the device. */
const unit = (bytes: Tensor): Tensor => div(cast(bytes, 'f32'), 255);
