import { FaceSampler, type Level, renderFaces } from '@visage/faces';
import { checkInteger, checkOptions, type Gpu, type OptionKeys } from '@visage/gpu';
import { keep, type Tensor, tensor } from '@visage/tensor';

/** A batch of faces with the number of each one's person. */
export interface LabelledFaces {
  /** [batch, size, size, 3] in [0, 1]. */
  readonly faces: Tensor;
  /** [batch] u32, from 0 to the number of people − 1. */
  readonly labels: Tensor;
}

/**
 * Where the labelled faces of a classifier's training come from. As for `TrainingData`, a step is recorded once:
 * {@link LabelledData.batch} gives tensors whose contents {@link LabelledData.load} replaces before each step, with
 * faces that depend on the number of the step and the source's own seed alone.
 */
export interface LabelledData {
  readonly batchSize: number;
  readonly imageSize: number;
  /** How many people there are: classes. */
  readonly people: number;
  /** The faces of a step; called while that step is recorded. */
  batch(): LabelledFaces;
  /** Told of a step some steps ahead, so that pictures can be read meanwhile. */
  expect?(step: number): void;
  load(step: number): void | Promise<void>;
  /** Gives the memory back. */
  dispose(): void;
}

/** Which procedural people to train on. */
export interface ProceduralLabelsOptions {
  /** Classes: procedural people, from `firstIdentity` on. */
  readonly people: number;
  readonly firstIdentity?: number;
  readonly level?: Level;
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
  imageSize: true,
  batchSize: true,
  seed: true,
  gpu: true,
};

/** Labelled procedural faces, rendered inside the step: nothing is stored and no photo comes twice. */
export class ProceduralLabels implements LabelledData {
  readonly batchSize: number;
  readonly imageSize: number;
  readonly people: number;
  readonly #level: Level | undefined;
  readonly #sampler: FaceSampler;
  readonly #lists: Readonly<Record<'identities' | 'attributes' | 'labels', Tensor>>;

  /** @throws ArgumentError for an option that there is not, or a value that is out of range. */
  constructor(options: ProceduralLabelsOptions) {
    checkOptions('ProceduralLabels', options, OPTIONS);
    const { people, firstIdentity, level, imageSize, batchSize, seed = 0, gpu } = options;
    checkInteger('ProceduralLabels', 'batchSize', batchSize, 1);
    this.people = people;
    this.imageSize = imageSize;
    this.batchSize = batchSize;
    this.#level = level;
    this.#sampler = new FaceSampler({ identities: people, firstIdentity, seed });
    const list = () => keep(tensor(new Uint32Array(batchSize), [batchSize], { gpu }));
    this.#lists = { identities: list(), attributes: list(), labels: list() };
  }

  batch(): LabelledFaces {
    const { identities, attributes, labels } = this.#lists;
    return { faces: renderFaces({ identities, attributes, size: this.imageSize, level: this.#level }), labels };
  }

  load(step: number): void {
    const drawn = this.#sampler.labelled(step, this.batchSize);
    for (const name of ['identities', 'attributes', 'labels'] as const) this.#lists[name].write(drawn[name]);
  }

  dispose(): void {
    for (const list of Object.values(this.#lists)) list.dispose();
  }
}
