import { philox } from '@visage/faces';
import { VisageError } from '@visage/gpu';
import {
  alone,
  checkShard,
  type ImagePairs,
  type PairKind,
  rowsOfAll,
  type Shard,
  shuffledRows,
  type TrainingData,
} from '@visage/simswap';
import { cast, div, keep, type Tensor, tensor } from '@visage/tensor';
import type { DataPerson } from './dataSet.ts';
import type { Pictures } from './pictures.ts';
import { turnOf } from './turns.ts';

/** What {@link PicturePairs} draws from. */
export interface PicturePairsOptions {
  /** Everybody has at least two faces. */
  readonly people: readonly DataPerson[];
  readonly pictures: Pictures;
  readonly batchSize: number;
  readonly seed: number;
  /** Which rows of the whole batch these are, of a training on several devices. Default: all. */
  readonly shard?: Shard;
}

const PARTNER_STREAM = 0x70617274; // "part"

/**
 * Pairs of aligned faces from a data set. Pictures are read and decoded ahead of the step that needs them.
 *
 * Targets are shuffled by counter: everybody is the target once before anybody is again, in an order that is new each
 * time, and nobody's face comes again before all their faces came. The sources are drawn at random, another face of the
 * target's person or a face of somebody else. All of it depends on the seed and on the number of the batch alone, so
 * that a resumed run goes on where it stood.
 */
export class PicturePairs implements TrainingData {
  readonly batchSize: number;
  readonly imageSize: number;
  readonly shard: Shard;
  readonly #people: readonly DataPerson[];
  readonly #pictures: Pictures;
  readonly #seed: number;
  /** Batches are uploaded as bytes, a quarter of the size of floats. */
  readonly #target: Tensor;
  readonly #source: Tensor;
  /** Batches that are being read, by kind and number. */
  readonly #reading = new Map<string, Reading>();

  /** @throws VisageError when there are fewer than two people, or when a person has only a single picture. */
  constructor({ people, pictures, batchSize, seed, shard = alone }: PicturePairsOptions) {
    checkShard('PicturePairs', shard);
    if (people.length < 2) throw new VisageError(`the data set has ${people.length} people, training needs at least 2`);
    const single = people.find(({ faces }) => faces.length < 2);
    if (single) {
      throw new VisageError(
        `data set: ${single.name} has a single picture; pairs of one person need two, so leave the person out`,
      );
    }
    const { imageSize } = pictures;
    this.batchSize = batchSize;
    this.imageSize = imageSize;
    this.shard = shard;
    this.#people = people;
    this.#pictures = pictures;
    this.#seed = seed;
    const shape = [batchSize, imageSize, imageSize, 3];
    const black = new Uint8Array(batchSize * imageSize * imageSize * 3);
    [this.#target, this.#source] = [keep(tensor(black, shape)), keep(tensor(black, shape))];
  }

  images(): ImagePairs {
    return { target: unit(this.#target), source: unit(this.#source) };
  }

  expect(kind: PairKind, step: number): void {
    this.#read(kind, step).pairs.catch(() => {}); // thrown where the batch is needed
  }

  /** @throws VisageError when too few readable pictures are left to form such a pair. */
  async read(kind: PairKind, step: number): Promise<void> {
    const { pairs, bad } = this.#read(kind, step);
    await pairs.finally(() => {
      for (const face of [...bad].sort((a, b) => a - b)) this.#pictures.tell(face);
    });
  }

  async load(kind: PairKind, step: number): Promise<void> {
    const pairs = await this.#read(kind, step).pairs;
    for (const [key, batch] of this.#reading) if (batch.step <= step) this.#reading.delete(key);
    for (const side of ['target', 'source'] as const) {
      await (side === 'target' ? this.#target : this.#source).writeInPlace((batch) => {
        for (const [row, pair] of pairs.entries()) batch.set(pair[side], row * pair[side].length);
      });
    }
  }

  #read(kind: PairKind, step: number): Reading {
    const key = `${kind} ${step}`;
    const known = this.#reading.get(key);
    if (known) return known;
    const bad = new Set<number>();
    const reading = { step, bad, pairs: this.#draw(kind, step, bad) };
    this.#reading.set(key, reading);
    return reading;
  }

  /**
   * The pictures of a batch. They depend on the arguments, on the seed and on which pictures are unreadable, but not on
   * when those were found to be unreadable. The unreadable ones that were met go to `bad`.
   */
  async #draw(kind: PairKind, step: number, bad: Set<number>): Promise<DrawnPair[]> {
    const first = this.shard.rank * this.batchSize;
    const pair = (row: number) => this.#pair(kind, step, row, bad);
    const own = Array.from({ length: this.batchSize }, (_, k) => first + k);
    if (kind !== 'shuffled') return Promise.all(own.map(pair));
    const rows = shuffledRows(rowsOfAll(this.batchSize, this.shard), step, this.#seed);
    return Promise.all(
      own.map(async (row) => {
        const [{ target }, { source }] = await Promise.all([pair(row), pair(rows[row] as number)]);
        return { target, source };
      }),
    );
  }

  /**
   * The pair of a row of the whole batch. The person's next readable picture replaces an unreadable one, and the next
   * person replaces one with too few readable pictures; both lists wrap around at their end.
   */
  async #pair(kind: PairKind, step: number, row: number, bad: Set<number>): Promise<DrawnPair> {
    const people = this.#people.length;
    const { person: first, face: at } = turnOf(
      this.#people,
      step * rowsOfAll(this.batchSize, this.shard) + row,
      this.#seed,
    );
    const [toDonor, other] = philox([step, row, 0, 0], [this.#seed, PARTNER_STREAM]);
    const good = (person: number, first: number, except?: number) => this.#good(person, first, bad, except);
    for (let k = 0; k < people; k++) {
      const owner = (first + k) % people;
      const target = await good(owner, at);
      if (!target) continue;
      if (kind !== 'cross') {
        // Two pictures of one person must differ, so the second is 1 to n − 1 places behind the first, with
        // wrap-around.
        const source = await good(owner, target.at + 1 + (other % (this.#facesOf(owner).length - 1)), target.at);
        if (source) return { target: target.bytes, source: source.bytes };
        continue;
      }
      const donors = (first + 1 + (toDonor % (people - 1))) % people;
      for (let j = 0; j < people; j++) {
        const donor = (donors + j) % people;
        const source = donor === owner ? undefined : await good(donor, other);
        if (source) return { target: target.bytes, source: source.bytes };
      }
    }
    throw new VisageError(
      `data set: ${kind === 'cross' ? 'fewer than two people have a good picture' : 'nobody has two good pictures'} left; ${this.#pictures.bad.length} pictures are bad, the last one ${this.#lastBad()}`,
    );
  }

  /** The first readable picture of a person from number `first` on, with wrap-around, skipping number `except`. */
  async #good(
    person: number,
    first: number,
    bad: Set<number>,
    except = -1,
  ): Promise<{ at: number; bytes: Uint8Array } | undefined> {
    const faces = this.#facesOf(person);
    for (let k = 0; k < faces.length; k++) {
      const at = (first + k) % faces.length;
      if (at === except) continue;
      const face = faces[at] as number;
      const bytes = await this.#pictures.bytes(face);
      if (bytes) return { at, bytes };
      bad.add(face);
    }
    return undefined;
  }

  #facesOf(person: number): ArrayLike<number> {
    return (this.#people[person] as DataPerson).faces;
  }

  #lastBad(): string {
    const last = this.#pictures.bad.at(-1);
    return last ? `${last.name}: ${last.reason}` : 'unknown';
  }
}

/** A batch that is being read. */
interface Reading {
  readonly step: number;
  readonly pairs: Promise<DrawnPair[]>;
  /** The bad faces that were drawn for it. */
  readonly bad: ReadonlySet<number>;
}

interface DrawnPair {
  readonly target: Uint8Array;
  readonly source: Uint8Array;
}

/** Converts bytes to numbers in [0, 1] on the device. */
export const unit = (bytes: Tensor): Tensor => div(cast(bytes, 'f32'), 255);
