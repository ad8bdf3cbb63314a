import { checkInteger, type Gpu } from '@visage/gpu';
import { concat, keep, slice, type Tensor, zeros } from '@visage/tensor';
import type { PairKind, PictureChanges } from '../core/recipe.ts';
import { alone, ownRows, rowsOfAll, type Shard } from '../core/shard.ts';
import type { ImagePairs, TrainingData } from './data.ts';
import { CHANGE_NUMBERS, changeNumbers, changePictures } from './pictureChanges.ts';

/**
 * Added to the seed for the random numbers of targets and sources, which are not those of the training itself (its
 * streams begin at 0, 2³² and 2³³).
 */
const STREAMS = { target: 3 * 2 ** 32, source: 4 * 2 ** 32 } as const;

const NONE: PictureChanges = { flip: 0, color: 0, blur: 0, jpeg: 0 };

/**
 * Pairs whose pictures are changed at random, see {@link changePictures}; targets and sources independently of each
 * other. The changes of a batch depend on its number and the seed alone.
 *
 * Blur and compression reach what the networks read, and neither the clean pictures nor the exact swaps, with which
 * results are compared. Otherwise the generator would be asked to paint the rings that JPEG leaves around edges.
 */
export class ChangedPairs implements TrainingData {
  readonly batchSize: number;
  readonly imageSize: number;
  readonly #data: TrainingData;
  readonly #changes: PictureChanges;
  readonly #seed: number;
  readonly #numbers: Readonly<Record<keyof typeof STREAMS | 'mask', Tensor>>;

  /**
   * @param gpu the device of the pictures. Default: the current one.
   * @throws ArgumentError for changes or a seed out of range.
   */
  constructor(data: TrainingData, changes: PictureChanges, seed: number, gpu?: Gpu) {
    checkInteger('ChangedPairs', 'seed', seed, 0, 2 ** 32 - 1);
    this.batchSize = data.batchSize;
    this.imageSize = data.imageSize;
    this.#data = data;
    this.#changes = changes;
    this.#seed = seed;
    const numbers = () => keep(zeros([data.batchSize, CHANGE_NUMBERS], { gpu }));
    this.#numbers = { target: numbers(), source: numbers(), mask: numbers() };
  }

  get shard(): Shard {
    return this.#data.shard ?? alone;
  }

  get knowsTruth(): boolean {
    return this.#data.knowsTruth ?? false;
  }

  /** An exact swap is mirrored and recoloured as its target is, and its mask is mirrored with it. */
  images(kind: PairKind): ImagePairs {
    const { target, source, truth } = this.#data.images(kind);
    const { target: ofTarget, source: ofSource } = this.#numbers;
    const clean = { target: this.#lit(target, ofTarget), source: this.#lit(source, ofSource) };
    const { blur, jpeg } = this.#changes;
    return {
      target: this.#degraded(clean.target, ofTarget),
      source: this.#degraded(clean.source, ofSource),
      ...((blur > 0 || jpeg > 0) && { clean }),
      ...(truth && { truth: { image: this.#lit(truth.image, ofTarget), mask: this.#mirrored(truth.mask) } }),
    };
  }

  #lit(pictures: Tensor, numbers: Tensor): Tensor {
    const { flip, color } = this.#changes;
    return changePictures(pictures, { ...NONE, flip, color }, numbers);
  }

  #degraded(pictures: Tensor, numbers: Tensor): Tensor {
    const { blur, jpeg } = this.#changes;
    return changePictures(pictures, { ...NONE, blur, jpeg }, numbers);
  }

  #mirrored(mask: Tensor): Tensor {
    const { flip } = this.#changes;
    if (flip === 0) return mask;
    const turned = changePictures(concat([mask, mask, mask], 3), { ...NONE, flip }, this.#numbers.mask);
    return slice(turned, 3, 0, 1);
  }

  expect(kind: PairKind, step: number): void {
    this.#data.expect?.(kind, step);
  }

  async read(kind: PairKind, step: number): Promise<void> {
    await this.#data.read?.(kind, step);
  }

  async load(kind: PairKind, step: number): Promise<void> {
    await this.#data.load(kind, step);
    const all = rowsOfAll(this.batchSize, this.shard);
    const numbers = (changes: PictureChanges, side: keyof typeof STREAMS) =>
      ownRows(changeNumbers(changes, all, step, this.#seed + STREAMS[side]), this.shard);
    for (const side of ['target', 'source'] as const) this.#numbers[side].write(numbers(this.#changes, side));
    if (kind === 'truth') this.#numbers.mask.write(numbers({ ...NONE, flip: this.#changes.flip }, 'target'));
  }

  dispose(): void {
    for (const numbers of Object.values(this.#numbers)) numbers.dispose();
  }
}
