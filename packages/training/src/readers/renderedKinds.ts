/** @file Networks that learn from the labels of rendered faces: what each pixel shows, and where points lie. */
import { isHeadLevel, landmarkNames, materialNames } from '@visage/faces';
import { VisageError } from '@visage/gpu';
import {
  ibugPoints,
  type LabelledData,
  LandmarkNetwork,
  LandmarkTask,
  landmarkArchitecture,
  namedPoints,
  noChanges,
  ParsingNetwork,
  ParsingTask,
  type PointScheme,
  type ProceduralLabelsOptions,
  ProceduralMaps,
  ProceduralPoints,
  parsingArchitecture,
  photographChanges,
  pointSchemeOf,
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
    network: { channels: 8, halvings: 3, points: namedPoints.count, inputSize: 48 },
  },
  {
    ...{ ...small, name: 'small', about: '112 pixels, 32 channels: minutes on a GPU' },
    network: { channels: 32, halvings: 4, points: namedPoints.count, inputSize: 112 },
  },
];

/** The faces that figures are taken on, one of each unseen person, in the batches that `ask` gets. */
async function onUnseen(
  { levels, heldOut, imageSize }: ReaderSettings,
  people: PeopleSet,
  make: (options: ProceduralLabelsOptions) => LabelledData,
  read: (images: Tensor) => Tensor,
  ask: (answers: Float32Array, labels: Float32Array) => void,
): Promise<void> {
  const first = firstOf[people];
  const batchSize = Math.max(levels.length, Math.min(16, heldOut));
  const source = make({ people: heldOut, firstIdentity: first, level: levels, imageSize, batchSize, seed: 1 });
  for (let step = 0; step * batchSize < heldOut; step++) {
    await source.load(step);
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
          (options) => new ProceduralMaps(options),
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
  about: `a landmark network: finds points of a face (${landmarkNames.join(', ')}), or on levels M0 to M4 the 68 of iBUG`,
  architecture: landmarkArchitecture,
  presets: landmarkPresets,
  photographs: false,
  sizesFor: (levels) => (levels.every(({ level }) => isHeadLevel(level)) ? { points: ibugPoints.count } : {}),
  readSizes: readLandmarkConfig,
  build: (sizes) => new LandmarkNetwork(readLandmarkConfig(sizes)),
  open(network, settings) {
    if (!(network instanceof LandmarkNetwork)) throw new VisageError('landmarks: is no landmark network');
    const { imageSize, levels, people, seed } = settings;
    const scheme = pointSchemeOf(network.config.points);
    return {
      task: new LandmarkTask(network, scheme.mirror),
      data: ({ batchSize }) => new ProceduralPoints({ people, level: levels, imageSize, batchSize, seed }, scheme),
      measure: (reader, set) => landmarkFigures(settings, set, scheme, (x) => reader.forward(x)),
    };
  },
};

/**
 * The distance of points from where they are, as a share of the distance of the eyes: of all, and of each group of
 * points.
 */
async function landmarkFigures(
  settings: ReaderSettings,
  set: PeopleSet,
  { count, groups, eyes }: PointScheme,
  read: (images: Tensor) => Tensor,
): Promise<ReaderFigures> {
  const sums = new Float64Array(count);
  let faces = 0;
  await onUnseen(
    settings,
    set,
    (options) => new ProceduralPoints(options, pointSchemeOf(count)),
    read,
    (found, truth) => {
      for (let at = 0; at < truth.length; at += 2 * count) {
        const [there, here] = [truth, found].map((all) => all.subarray(at, at + 2 * count)) as [
          Float32Array,
          Float32Array,
        ];
        const apart = distance(meanOf(there, eyes[0]), meanOf(there, eyes[1]));
        for (let k = 0; k < count; k++)
          sums[k] = (sums[k] as number) + distance(meanOf(here, [k]), meanOf(there, [k])) / apart;
        faces += 1;
      }
    },
  );
  const mean = (points: readonly number[]): number =>
    points.reduce((sum, k) => sum + (sums[k] as number), 0) / (faces * points.length);
  const each = Object.entries(groups).map(([name, points]) => [`error ${name}`, mean(points)] as const);
  return { 'mean error': mean([...sums.keys()]), ...Object.fromEntries(each) };
}

type Place = readonly [x: number, y: number];

const meanOf = (points: Float32Array, numbers: readonly number[]): Place =>
  [0, 1].map(
    (axis) => numbers.reduce((sum, k) => sum + (points[2 * k + axis] as number), 0) / numbers.length,
  ) as unknown as Place;

const distance = (a: Place, b: Place): number => Math.hypot(a[0] - b[0], a[1] - b[1]);
