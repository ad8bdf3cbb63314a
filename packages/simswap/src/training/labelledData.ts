import { type FaceBatch, FaceSampler, type FactorSplit, type Level, renderFaces } from '@visage/faces';
import { ArgumentError, checkInteger, checkNumber, checkOptions, type Gpu, type OptionKeys } from '@visage/gpu';
import { concat, keep, type Tensor, tensor } from '@visage/tensor';
import { elementOf } from '../core/lists.ts';

/** A batch of pictures with what a network is to say of each. */
export interface LabelledPictures {
  /** [batch, size, size, 3] in [0, 1]. */
  readonly images: Tensor;
  /** Whatever the network learns: the number of each person [batch] u32, a map of classes, points. */
  readonly labels: Tensor;
}

/**
 * Where the labelled pictures of a training come from. As for `TrainingData`, a step is recorded once:
 * {@link LabelledData.batch} gives tensors whose contents {@link LabelledData.load} replaces before each step, with
 * pictures that depend on the number of the step and the source's own seed alone.
 */
export interface LabelledData {
  readonly batchSize: number;
  readonly imageSize: number;
  /** The pictures of a step; called while that step is recorded. */
  batch(): LabelledPictures;
  /** Told of a step some steps ahead, so that pictures can be read meanwhile. */
  expect?(step: number): void;
  load(step: number): void | Promise<void>;
  /** Gives the memory back. */
  dispose(): void;
}

/** Labelled faces of people; the labels are [batch] u32, from 0 to the number of people − 1. */
export interface LabelledPeople extends LabelledData {
  /** How many people there are: classes. */
  readonly people: number;
}

/** One level of a mix. */
export interface LevelShare {
  readonly level: Level;
  /** Its share of each batch, relative to the other levels; above 0. */
  readonly weight: number;
}

/** Which procedural people to train on. */
export interface ProceduralLabelsOptions {
  /** People of each kind of face, from `firstIdentity` on. */
  readonly people: number;
  readonly firstIdentity?: number;
  /** One level, or a mix of several. Default `L1`. */
  readonly level?: Level | readonly LevelShare[];
  /** What people keep from picture to picture, of levels of mesh heads alone. Default `swap`: the face. */
  readonly factorSplit?: FactorSplit;
  readonly imageSize: number;
  readonly batchSize: number;
  readonly seed?: number;
  /** Where they are rendered. Default: the current device. */
  readonly gpu?: Gpu;
}

const OPTIONS: OptionKeys<ProceduralLabelsOptions> = {
  people: true,
  firstIdentity: true,
  level: true,
  factorSplit: true,
  imageSize: true,
  batchSize: true,
  seed: true,
  gpu: true,
};

/** The faces of one level in a batch: so many rows from `first` on. */
export interface LevelRows {
  readonly first: number;
  readonly rows: number;
  /** How they are rendered; their numbers are [rows] u32. */
  readonly shown: FaceBatch & { readonly level: Level; readonly identities: Tensor; readonly attributes: Tensor };
}

/**
 * Procedural faces of one level or of several, rendered inside the step: nothing is stored and no photo comes twice.
 * Each batch holds as many faces of each level as its weight says, in the order of the mix.
 */
export class ProceduralFaces {
  readonly batchSize: number;
  readonly imageSize: number;
  readonly parts: readonly LevelRows[];
  readonly #sampler: FaceSampler;

  /** @throws ArgumentError, in the name of `op`, for an option that there is not, or a value that is out of range. */
  constructor(op: string, options: ProceduralLabelsOptions) {
    checkOptions(op, options, OPTIONS);
    const { people, firstIdentity, level = 'L1', factorSplit, imageSize, batchSize, seed = 0, gpu } = options;
    checkInteger(op, 'batchSize', batchSize, 1);
    this.imageSize = imageSize;
    this.batchSize = batchSize;
    this.#sampler = new FaceSampler({ identities: people, firstIdentity, seed });
    const shares = typeof level === 'string' ? [{ level, weight: 1 }] : level;
    const list = (rows: number) => keep(tensor(new Uint32Array(rows), [rows], { gpu }));
    let first = 0;
    this.parts = rowsOf(op, shares, batchSize).map((rows, k) => {
      const { level } = elementOf(shares, k, op);
      const shown = { identities: list(rows), attributes: list(rows), size: imageSize, level, factorSplit };
      const part = { first, rows, shown };
      first += rows;
      return part;
    });
  }

  /** Renders each level and puts the results one after another: pictures, or what else `render` makes of them. */
  rendered(render: (part: LevelRows) => Tensor): Tensor {
    const all = this.parts.map(render);
    return all.length === 1 ? elementOf(all, 0, 'ProceduralFaces') : concat(all, 0);
  }

  /** The pictures, [batch, size, size, 3]. */
  faces(): Tensor {
    return this.rendered(({ shown }) => renderFaces(shown));
  }

  /** Loads the numbers of the faces of a step; returns them, and the number of each person counted from 0. */
  load(step: number): ReturnType<FaceSampler['labelled']> {
    const drawn = this.#sampler.labelled(step, this.batchSize);
    for (const { first, rows, shown } of this.parts) {
      shown.identities.write(drawn.identities.slice(first, first + rows));
      shown.attributes.write(drawn.attributes.slice(first, first + rows));
    }
    return drawn;
  }

  dispose(): void {
    for (const { shown } of this.parts) for (const list of [shown.identities, shown.attributes]) list.dispose();
  }
}

/** How many rows of a batch each level gets: by weight, at least one, rounded so that the sum is the batch. */
function rowsOf(op: string, shares: readonly LevelShare[], batchSize: number): number[] {
  for (const [k, share] of shares.entries()) {
    checkOptions(`${op}: level`, share, { level: true, weight: true });
    checkNumber(op, `level[${k}].weight`, share.weight, Number.MIN_VALUE, 1e6);
  }
  if (shares.length === 0 || shares.length > batchSize)
    throw new ArgumentError(
      op,
      'level',
      `${shares.length} levels`,
      `1 to ${batchSize}, as many as the batch has faces`,
    );
  const total = shares.reduce((sum, { weight }) => sum + weight, 0);
  const free = batchSize - shares.length;
  let [weights, given] = [0, 0];
  return shares.map(({ weight }) => {
    weights += weight;
    const until = Math.round((free * weights) / total);
    const rows = 1 + until - given;
    given = until;
    return rows;
  });
}

/** The renderer of a level: faces of two renderers with one number are two people. */
const rendererOf = (level: Level): string => level.slice(0, 1);

/** Labelled procedural faces, rendered inside the step. Levels of one renderer show the same people. */
export class ProceduralLabels implements LabelledPeople {
  readonly batchSize: number;
  readonly imageSize: number;
  readonly people: number;
  readonly #faces: ProceduralFaces;
  readonly #labels: Tensor;
  /** For each part, the number of its first class. */
  readonly #firstClass: readonly number[];

  /** @throws ArgumentError for an option that there is not, or a value that is out of range. */
  constructor(options: ProceduralLabelsOptions) {
    this.#faces = new ProceduralFaces('ProceduralLabels', options);
    this.batchSize = options.batchSize;
    this.imageSize = options.imageSize;
    const renderers = [...new Set(this.#faces.parts.map(({ shown }) => rendererOf(shown.level)))];
    this.people = options.people * renderers.length;
    this.#firstClass = this.#faces.parts.map(
      ({ shown }) => options.people * renderers.indexOf(rendererOf(shown.level)),
    );
    this.#labels = keep(tensor(new Uint32Array(options.batchSize), [options.batchSize], { gpu: options.gpu }));
  }

  batch(): LabelledPictures {
    return { images: this.#faces.faces(), labels: this.#labels };
  }

  load(step: number): void {
    const { labels } = this.#faces.load(step);
    for (const [k, { first, rows }] of this.#faces.parts.entries()) {
      const offset = elementOf(this.#firstClass, k, 'ProceduralLabels');
      for (let row = first; row < first + rows; row++) labels[row] = elementOf(labels, row, 'labels') + offset;
    }
    this.#labels.write(labels);
  }

  dispose(): void {
    this.#faces.dispose();
    this.#labels.dispose();
  }
}
