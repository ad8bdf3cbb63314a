import { checkInteger, type Gpu } from '@visage/gpu';
import { keep, type Tensor, zeros } from '@visage/tensor';
import { changesPictures, checkPictureChanges, noPictureChanges, type PictureChanges } from '../core/pictureChanges.ts';
import type { PairKind } from '../core/recipe.ts';
import { alone, ownRows, rowsOfAll, type Shard } from '../core/shard.ts';
import { warped } from './changeKernels.ts';
import { changePictures } from './changePictures.ts';
import { PICTURE_CHANGE_ROW, pictureChangeRows, places } from './changeRows.ts';
import type { ImagePairs, TrainingData } from './data.ts';

/**
 * Added to the seed for the random numbers of targets and sources, which are not those of the training itself (its
 * streams begin at 0, 2³² and 2³³).
 */
const STREAMS = { target: 3 * 2 ** 32, source: 4 * 2 ** 32 } as const;

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
  /** Those that reach everything, and those that results are spared. */
  readonly #lighting: PictureChanges;
  readonly #degrading: PictureChanges;
  readonly #seed: number;
  readonly #rows: Readonly<Record<keyof typeof STREAMS, Tensor>>;

  /**
   * @param gpu the device of the pictures. Default: the current one.
   * @throws ArgumentError for changes or a seed out of range.
   */
  constructor(data: TrainingData, changes: PictureChanges, seed: number, gpu?: Gpu) {
    checkPictureChanges('ChangedPairs', changes);
    checkInteger('ChangedPairs', 'seed', seed, 0, 2 ** 32 - 1);
    this.batchSize = data.batchSize;
    this.imageSize = data.imageSize;
    this.#data = data;
    this.#changes = changes;
    const { flip, color, blur, jpeg } = changes;
    this.#lighting = { ...noPictureChanges, flip, color };
    this.#degrading = { ...noPictureChanges, blur, jpeg };
    this.#seed = seed;
    const rows = () => keep(zeros([data.batchSize, PICTURE_CHANGE_ROW], { gpu }));
    this.#rows = { target: rows(), source: rows() };
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
    const rows = this.#rows;
    const lit = (pictures: Tensor, of: Tensor) => changePictures(pictures, this.#lighting, of);
    const degraded = (pictures: Tensor, of: Tensor) => changePictures(pictures, this.#degrading, of);
    const mirrored = (mask: Tensor) => (this.#changes.flip > 0 ? warped(mask, rows.target, places.warp) : mask);
    const clean = { target: lit(target, rows.target), source: lit(source, rows.source) };
    return {
      target: degraded(clean.target, rows.target),
      source: degraded(clean.source, rows.source),
      ...(changesPictures(this.#degrading) && { clean }),
      ...(truth && { truth: { image: lit(truth.image, rows.target), mask: mirrored(truth.mask) } }),
    };
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
    for (const side of ['target', 'source'] as const) {
      const rows = pictureChangeRows(this.#changes, all, this.imageSize, step, this.#seed + STREAMS[side]);
      this.#rows[side].write(ownRows(rows, this.shard));
    }
  }

  dispose(): void {
    for (const rows of Object.values(this.#rows)) rows.dispose();
  }
}
