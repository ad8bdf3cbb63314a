import { FaceSampler } from '@visage/faces';
import { type FolderIdentity, readFace } from '@visage/faces/node';
import { VisageError } from '@visage/gpu';
import { type ImagePairs, type PairKind, shuffledRows, type TrainingData } from '@visage/simswap';
import { cast, div, keep, type Tensor, tensor } from '@visage/tensor';
import { Recent } from './recent.ts';

/** What {@link FolderPairs} draws from. */
export interface FolderPairsOptions {
  readonly identities: readonly FolderIdentity[];
  readonly batchSize: number;
  readonly imageSize: number;
  readonly seed: number;
}

/** Memory for pictures that may be drawn again. */
const KEPT_BYTES = 2 ** 30;

/** Pairs of aligned faces out of a folder of identity folders. Pictures are read when they are drawn; the latest gigabyte of them is kept. */
export class FolderPairs implements TrainingData {
  readonly batchSize: number;
  readonly imageSize: number;
  readonly #options: FolderPairsOptions;
  readonly #sampler: FaceSampler;
  readonly #pictures: Recent<string, Promise<Uint8Array>>;
  /** Bytes, a quarter of what floats would take on their way to the device. */
  readonly #target: Tensor;
  readonly #source: Tensor;

  /** @throws VisageError when there are fewer than two people, or one with a single picture. */
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
    this.#pictures = new Recent(Math.floor(KEPT_BYTES / (3 * imageSize ** 2)));
    this.#sampler = new FaceSampler({ identities: identities.length, seed: options.seed });
    const shape = [batchSize, imageSize, imageSize, 3];
    const bytes = new Uint8Array(batchSize * imageSize * imageSize * 3);
    [this.#target, this.#source] = [keep(tensor(bytes, shape)), keep(tensor(bytes, shape))];
  }

  images(): ImagePairs {
    return { target: unit(this.#target), source: unit(this.#source) };
  }

  async load(kind: PairKind, step: number): Promise<void> {
    const { identities, batchSize, seed } = this.#options;
    const drawn = this.#sampler.swap(step, batchSize, kind !== 'cross');
    const targets: string[] = [];
    const sources: string[] = [];
    for (let k = 0; k < batchSize; k++) {
      const owner = (identities[drawn.targetIdentities[k] as number] as FolderIdentity).files;
      const donor = (identities[drawn.sourceIdentities[k] as number] as FolderIdentity).files;
      const at = (drawn.targetAttributes[k] as number) % owner.length;
      // Two pictures of one person must be two: 1 to n − 1 places round the circle.
      const other = drawn.sourceAttributes[k] as number;
      const from = kind !== 'cross' ? (at + 1 + (other % (donor.length - 1))) % donor.length : other % donor.length;
      targets.push(owner[at] as string);
      sources.push(donor[from] as string);
    }
    this.#target.write(await this.#batch(targets));
    const rows = kind === 'shuffled' ? shuffledRows(batchSize, step, seed) : [...sources.keys()];
    this.#source.write(await this.#batch(rows.map((row) => sources[row] as string)));
  }

  async #batch(paths: readonly string[]): Promise<Uint8Array> {
    const pictures = await Promise.all(paths.map((path) => this.#picture(path)));
    const batch = new Uint8Array(this.#target.size);
    pictures.forEach((bytes, k) => {
      batch.set(bytes, k * bytes.length);
    });
    return batch;
  }

  /** A picture as bytes, a quarter of the memory of floats. */
  #picture(path: string): Promise<Uint8Array> {
    return this.#pictures.get(path, async () => {
      const { data } = await readFace(path, this.imageSize);
      return Uint8Array.from(data, (value) => Math.round(255 * value));
    });
  }
}

/** Bytes as numbers in [0, 1], on the device. */
const unit = (bytes: Tensor): Tensor => div(cast(bytes, 'f32'), 255);
