import {
  ArgumentError,
  checkInteger,
  checkNumber,
  checkOptions,
  type Gpu,
  type OptionKeys,
  type RecordedStep,
} from '@visage/gpu';
import { HostRandom } from '@visage/nn';
import { assign, keep, noGrad, record, zeros } from '@visage/tensor';
import { elementOf } from '../core/lists.ts';
import type { PairKind } from '../core/recipe.ts';
import { Recordings } from '../core/recordings.ts';
import { alone, type Shard } from '../core/shard.ts';
import type { ExactSwaps, ImagePairs, TrainingData } from './data.ts';

/** One source of a mix. */
export interface MixPart {
  readonly data: TrainingData;
  /** How often its batches are drawn, relative to the other parts; above 0. */
  readonly weight: number;
}

const PART: OptionKeys<MixPart> = { data: true, weight: true };

/** Added to the seed for the choice of the parts; see `ChangedPairs` for the other streams. */
const STREAM = 5 * 2 ** 32;

/**
 * A mix of sources by weight. Each batch comes as a whole from one of them, so that a rendered face is never swapped
 * with a photograph. Which one depends on the number of the batch and the seed alone.
 *
 * Sources differ in how they make their images (uploads, a renderer). A batch is therefore copied into tensors of the
 * mix before the step, and the recorded step is the same for all sources.
 */
export class MixedPairs implements TrainingData {
  readonly batchSize: number;
  readonly imageSize: number;
  readonly shard: Shard;
  readonly #parts: readonly MixPart[];
  readonly #seed: number;
  readonly #images: ImagePairs;
  readonly #truth: ExactSwaps | undefined;
  /** Copies of the batches of a part, by its number and the kind of pairs. */
  readonly #copies = new Recordings<string, RecordedStep<void>>();

  /**
   * @param gpu the device of the images. Default: the current one.
   * @throws ArgumentError for parts that differ in batch or image size, or a weight that is not above 0.
   */
  constructor(parts: readonly MixPart[], seed: number, gpu?: Gpu) {
    const first = elementOf(parts, 0, 'MixedPairs: parts').data;
    for (const [k, part] of parts.entries()) {
      checkOptions('MixedPairs: parts', part, PART);
      checkNumber('MixedPairs', `parts[${k}].weight`, part.weight, Number.MIN_VALUE, 1e6);
      const { batchSize, imageSize, shard = alone } = part.data;
      if (shard.rank !== (first.shard ?? alone).rank || shard.ranks !== (first.shard ?? alone).ranks)
        throw new ArgumentError(
          'MixedPairs',
          `parts[${k}].data`,
          `the rows of rank ${shard.rank} of ${shard.ranks}`,
          'the same `shard` as the first part',
        );
      if (batchSize !== first.batchSize || imageSize !== first.imageSize)
        throw new ArgumentError(
          'MixedPairs',
          `parts[${k}].data`,
          `batches of ${batchSize} at ${imageSize} pixels`,
          `${first.batchSize} at ${first.imageSize}, as the first part`,
        );
    }
    checkInteger('MixedPairs', 'seed', seed, 0, 2 ** 32 - 1);
    this.batchSize = first.batchSize;
    this.imageSize = first.imageSize;
    this.shard = first.shard ?? alone;
    this.#parts = parts;
    this.#seed = seed;
    const zeroed = (channels: number) =>
      keep(zeros([this.batchSize, this.imageSize, this.imageSize, channels], { gpu }));
    this.#images = { target: zeroed(3), source: zeroed(3) };
    if (this.knowsTruth) this.#truth = { image: zeroed(3), mask: zeroed(1) };
  }

  /** Whether any part gives pairs of kind `truth`. All such pairs come from those that do. */
  get knowsTruth(): boolean {
    return this.#parts.some(({ data }) => data.knowsTruth);
  }

  images(kind: PairKind): ImagePairs {
    return kind === 'truth' && this.#truth ? { ...this.#images, truth: this.#truth } : this.#images;
  }

  /** The number of the part that a batch comes from. */
  partOf(kind: PairKind, step: number): number {
    const random = new HostRandom(this.#seed + STREAM);
    random.draws = step;
    const weights = this.#parts.map(({ data, weight }) => (kind === 'truth' && !data.knowsTruth ? 0 : weight));
    let left = elementOf(random.uniform(1), 0, 'MixedPairs') * weights.reduce((sum, weight) => sum + weight, 0);
    const found = weights.findIndex((weight) => {
      left -= weight;
      return left < 0;
    });
    return found < 0 ? weights.reduce((last, weight, k) => (weight > 0 ? k : last), 0) : found;
  }

  expect(kind: PairKind, step: number): void {
    this.#part(kind, step).data.expect?.(kind, step);
  }

  async read(kind: PairKind, step: number): Promise<void> {
    await this.#part(kind, step).data.read?.(kind, step);
  }

  async load(kind: PairKind, step: number): Promise<void> {
    const number = this.partOf(kind, step);
    const part = elementOf(this.#parts, number, 'MixedPairs: parts');
    await part.data.load(kind, step);
    this.#copies.get(`${number} ${kind}`, () => record(() => this.#copy(part, kind))).run();
  }

  #part(kind: PairKind, step: number): MixPart {
    return elementOf(this.#parts, this.partOf(kind, step), 'MixedPairs: parts');
  }

  #copy({ data }: MixPart, kind: PairKind): void {
    noGrad(() => {
      const [from, to] = [data.images(kind), this.images(kind)];
      assign(to.target, from.target);
      assign(to.source, from.source);
      if (!from.truth || !to.truth) return;
      assign(to.truth.image, from.truth.image);
      assign(to.truth.mask, from.truth.mask);
    });
  }

  /** Gives the memory of the mix back; its parts belong to the caller. */
  dispose(): void {
    this.#copies.dispose();
    const { target, source } = this.#images;
    for (const each of [target, source, this.#truth?.image, this.#truth?.mask]) each?.dispose();
  }
}
