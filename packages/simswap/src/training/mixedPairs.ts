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
import { assign, keep, noGrad, record, type Tensor, zeros } from '@visage/tensor';
import { elementOf } from '../core/lists.ts';
import type { PairKind } from '../core/recipe.ts';
import type { ImagePairs, TrainingData } from './data.ts';

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
  readonly #parts: readonly MixPart[];
  readonly #seed: number;
  readonly #images: ImagePairs;
  readonly #copies = new Map<MixPart, RecordedStep<void>>();

  /**
   * @param gpu the device of the images. Default: the current one.
   * @throws ArgumentError for parts that differ in batch or image size, or a weight that is not above 0.
   */
  constructor(parts: readonly MixPart[], seed: number, gpu?: Gpu) {
    const first = elementOf(parts, 0, 'MixedPairs: parts').data;
    for (const [k, part] of parts.entries()) {
      checkOptions('MixedPairs: parts', part, PART);
      checkNumber('MixedPairs', `parts[${k}].weight`, part.weight, Number.MIN_VALUE, 1e6);
      const { batchSize, imageSize } = part.data;
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
    this.#parts = parts;
    this.#seed = seed;
    const images = (): Tensor => keep(zeros([this.batchSize, this.imageSize, this.imageSize, 3], { gpu }));
    this.#images = { target: images(), source: images() };
  }

  images(): ImagePairs {
    return this.#images;
  }

  /** The number of the part that a batch comes from. */
  partOf(step: number): number {
    const random = new HostRandom(this.#seed + STREAM);
    random.draws = step;
    const total = this.#parts.reduce((sum, { weight }) => sum + weight, 0);
    let left = elementOf(random.uniform(1), 0, 'MixedPairs') * total;
    const found = this.#parts.findIndex(({ weight }) => {
      left -= weight;
      return left < 0;
    });
    return found < 0 ? this.#parts.length - 1 : found;
  }

  expect(kind: PairKind, step: number): void {
    this.#part(step).data.expect?.(kind, step);
  }

  async read(kind: PairKind, step: number): Promise<void> {
    await this.#part(step).data.read?.(kind, step);
  }

  async load(kind: PairKind, step: number): Promise<void> {
    const part = this.#part(step);
    await part.data.load(kind, step);
    const copy = this.#copies.get(part) ?? record(() => this.#copy(part));
    this.#copies.set(part, copy);
    copy.run();
  }

  #part(step: number): MixPart {
    return elementOf(this.#parts, this.partOf(step), 'MixedPairs: parts');
  }

  #copy({ data }: MixPart): void {
    noGrad(() => {
      const { target, source } = data.images();
      assign(this.#images.target, target);
      assign(this.#images.source, source);
    });
  }

  /** Gives the memory of the mix back; its parts belong to the caller. */
  dispose(): void {
    for (const copy of this.#copies.values()) copy.dispose();
    this.#images.target.dispose();
    this.#images.source.dispose();
  }
}
