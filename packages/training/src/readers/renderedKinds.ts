/** @file Networks that learn from the labels of rendered faces: what each pixel shows, and where points lie. */
import { landmarkNames, materialNames } from '@visage/faces';
import { VisageError } from '@visage/gpu';
import {
  LandmarkNetwork,
  LandmarkTask,
  landmarkArchitecture,
  landmarkMirror,
  noChanges,
  ParsingNetwork,
  ParsingTask,
  ProceduralMaps,
  ProceduralPoints,
  parsingArchitecture,
  photographChanges,
  type ReaderStage,
  readLandmarkConfig,
  readParsingConfig,
} from '@visage/simswap';
import { noGrad, scope, type Tensor } from '@visage/tensor';
import { firstOf, type PeopleSet } from '../evaluation/people.ts';
import type { ReaderFigures, ReaderKind, ReaderPreset } from './kind.ts';
import type { ReaderSettings } from './settings.ts';

const stage: ReaderStage = { steps: 150, batchSize: 8, learningRate: 3e-3, warmup: 0.05, floor: 1e-2 };

const common = { optimizer: 'adam', people: 100_000 } as const;

const tiny = {
  ...common,
  imageSize: 48,
  stages: [stage],
  changes: noChanges,
  averageDecay: 0,
  levels: [{ level: 'L0', weight: 1 }],
  ...{ heldOut: 16, evaluateEvery: 75, saveEvery: 75 },
} as const;

const small = {
  ...common,
  imageSize: 112,
  stages: [{ ...stage, steps: 8000, batchSize: 32, learningRate: 1e-3 }],
  changes: photographChanges,
  averageDecay: 0.999,
  levels: [{ level: 'L3', weight: 1 }],
  ...{ heldOut: 64, evaluateEvery: 1000, saveEvery: 1000 },
} as const;

const MINUTE = '48 pixels: a minute on a software adapter';
const parsingPresets: readonly ReaderPreset[] = [
  { ...tiny, name: 'tiny', about: MINUTE, network: { channels: 8, halvings: 3, classes: materialNames } },
  {
    ...{ ...small, name: 'small', about: '112 pixels, 32 channels: minutes on a GPU' },
    network: { channels: 32, halvings: 4, classes: materialNames },
  },
];

const landmarkPresets: readonly ReaderPreset[] = [
  {
    ...{ ...tiny, name: 'tiny', about: MINUTE },
    network: { channels: 8, halvings: 3, points: landmarkNames.length, inputSize: 48 },
  },
  {
    ...{ ...small, name: 'small', about: '112 pixels, 32 channels: minutes on a GPU' },
    network: { channels: 32, halvings: 4, points: landmarkNames.length, inputSize: 112 },
  },
];

/** The faces that figures are taken on, one of each unseen person, in the batches that `ask` gets. */
async function onUnseen(
  { levels, heldOut, imageSize }: ReaderSettings,
  people: PeopleSet,
  make: typeof ProceduralMaps | typeof ProceduralPoints,
  read: (images: Tensor) => Tensor,
  ask: (answers: Float32Array, labels: Float32Array) => void,
): Promise<void> {
  const first = firstOf[people];
  const batchSize = Math.max(levels.length, Math.min(16, heldOut));
  const source = new make({ people: heldOut, firstIdentity: first, level: levels, imageSize, batchSize, seed: 1 });
  for (let step = 0; step * batchSize < heldOut; step++) {
    source.load(step);
    const { answers, labels } = scope(() =>
      noGrad(() => {
        const { images, labels } = source.batch();
        return { answers: read(images), labels: labels.mul(1) };
      }),
    );
    ask(await answers.floats(), await labels.floats());
    for (const owned of [answers, labels]) owned.dispose();
  }
  source.dispose();
}

/** Networks that say what each pixel shows. */
export const parsingKind: ReaderKind = {
  name: 'parsing',
  about: `a parsing network, for masks: says what each pixel of a face shows (${materialNames.join(', ')})`,
  architecture: parsingArchitecture,
  presets: parsingPresets,
  photographs: false,
  readSizes: readParsingConfig,
  build: (sizes) => new ParsingNetwork(readParsingConfig(sizes)),
  open(network, settings) {
    if (!(network instanceof ParsingNetwork)) throw new VisageError('parsing: is no parsing network');
    const { imageSize, levels, people, seed } = settings;
    return {
      task: new ParsingTask(network, materialNames.indexOf('occluder')),
      data: ({ batchSize }) => new ProceduralMaps({ people, level: levels, imageSize, batchSize, seed }),
      measure: async (reader, set) => {
        const counts = new ClassCounts(materialNames);
        await onUnseen(
          settings,
          set,
          ProceduralMaps,
          (x) => reader.forward(x),
          (logits, truth) => counts.add(logits, truth),
        );
        return counts.figures();
      },
    };
  },
};

/** Counts of the pixels that a network and the truth give each class. */
class ClassCounts {
  readonly #names: readonly string[];
  readonly #both: Float64Array;
  readonly #either: Float64Array;

  constructor(names: readonly string[]) {
    this.#names = names;
    this.#both = new Float64Array(names.length);
    this.#either = new Float64Array(names.length);
  }

  /** @param logits rows of a number for each class. @param truth the class of each row. */
  add(logits: Float32Array, truth: Float32Array): void {
    const classes = this.#names.length;
    const count = (of: Float64Array, at: number): void => {
      of[at] = (of[at] as number) + 1;
    };
    for (const [row, right] of truth.entries()) {
      let best = 0;
      for (let k = 1; k < classes; k++)
        if ((logits[row * classes + k] as number) > (logits[row * classes + best] as number)) best = k;
      count(this.#either, right);
      if (best === right) count(this.#both, right);
      else count(this.#either, best);
    }
  }

  /** Intersection over union of each class that occurs, and their mean. */
  figures(): ReaderFigures {
    const each = this.#names.flatMap((name, k) => {
      const either = this.#either[k] as number;
      return either > 0 ? [[`IoU ${name}`, (this.#both[k] as number) / either] as const] : [];
    });
    const mean = each.reduce((sum, [, value]) => sum + value, 0) / Math.max(1, each.length);
    return { 'mean IoU': mean, ...Object.fromEntries(each) };
  }
}

/** Networks that find points of faces. */
export const landmarkKind: ReaderKind = {
  name: 'landmarks',
  about: `a landmark network: finds points of a face (${landmarkNames.join(', ')})`,
  architecture: landmarkArchitecture,
  presets: landmarkPresets,
  photographs: false,
  readSizes: readLandmarkConfig,
  build: (sizes) => new LandmarkNetwork(readLandmarkConfig(sizes)),
  open(network, settings) {
    if (!(network instanceof LandmarkNetwork)) throw new VisageError('landmarks: is no landmark network');
    const { imageSize, levels, people, seed } = settings;
    for (const { level } of levels)
      if (!level.startsWith('L'))
        throw new VisageError(
          `landmarks: faces of level ${level} have no landmarks here yet; \`levels\` L0 to L3 have`,
        );
    return {
      task: new LandmarkTask(network, landmarkMirror),
      data: ({ batchSize }) => new ProceduralPoints({ people, level: levels, imageSize, batchSize, seed }),
      measure: (reader, set) => landmarkFigures(settings, set, (x) => reader.forward(x)),
    };
  },
};

/** The distance of points from where they are, as a share of the distance of the eyes: of all, and of each point. */
async function landmarkFigures(
  settings: ReaderSettings,
  set: PeopleSet,
  read: (images: Tensor) => Tensor,
): Promise<ReaderFigures> {
  const count = landmarkNames.length;
  const sums = new Float64Array(count);
  let faces = 0;
  await onUnseen(settings, set, ProceduralPoints, read, (found, truth) => {
    const apart = (a: Float32Array, j: number, b: Float32Array, k: number): number =>
      Math.hypot((a[2 * j] as number) - (b[2 * k] as number), (a[2 * j + 1] as number) - (b[2 * k + 1] as number));
    for (let face = 0; face < truth.length / (2 * count); face++) {
      const at = face * count;
      const eyes = apart(truth, at, truth, at + 1);
      for (let k = 0; k < count; k++) sums[k] = (sums[k] as number) + apart(found, at + k, truth, at + k) / eyes;
      faces += 1;
    }
  });
  const each = landmarkNames.map((name, k) => [`error ${name}`, (sums[k] as number) / faces] as const);
  return { 'mean error': each.reduce((sum, [, value]) => sum + value, 0) / count, ...Object.fromEntries(each) };
}
