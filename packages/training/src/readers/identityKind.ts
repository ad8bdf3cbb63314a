/** @file Identity networks, and judges: identity networks of another architecture that learn from other people. */
import { acceptRateAt, type Embeddings, equalErrorRate, faceSets, noseShapes } from '@visage/faces';
import { VisageError } from '@visage/gpu';
import type { Layer } from '@visage/nn';
import {
  buildIdentityNetwork,
  embedPhotos,
  IdentityNetwork,
  IdentityTask,
  joined,
  type LabelledPeople,
  type MarginStage,
  noChanges,
  ProceduralLabels,
  photographChanges,
  type ReaderStage,
  readIdentityConfig,
} from '@visage/simswap';
import { PictureLabels } from '../data/pictureLabels.ts';
import { embedAll } from '../evaluation/evaluate.ts';
import { firstOf, type PeopleSet } from '../evaluation/people.ts';
import type { OpenedData } from '../runs/sources.ts';
import type { ReaderFigures, ReaderKind, ReaderParts, ReaderPreset } from './kind.ts';
import { needsShapes, type ReaderName, type ReaderSettings } from './settings.ts';

const EER = 'EER';
const PHOTOS = 6; // of each unseen person
const FALSE_ACCEPTS = { 'TAR at FAR 1e-2': 1e-2, 'TAR at FAR 1e-3': 1e-3 } as const;

const stage: MarginStage = {
  ...{ steps: 100, batchSize: 32, learningRate: 0.1, warmup: 0.05, floor: 1e-3 },
  // A narrower margin than ArcFace's 0.5 (scale 64): that one is for 100 000 people and weeks.
  ...{ margin: 0.2, scale: 16, attack: 0, attackGrowth: 0.4, blurs: 0 },
};

/** Stages of an identity network; the type says that each has a margin. */
const marginStages = (...stages: readonly MarginStage[]): readonly ReaderStage[] => stages;

const identityPresets: readonly ReaderPreset[] = [
  {
    name: 'tiny',
    about: '48 pixels, a quarter of the width: a minute on a software adapter',
    network: { kind: 'arcface', layers: [1, 1, 2, 1], width: 0.25, embedding: 128, inputSize: 48, squeeze: true },
    imageSize: 48,
    stages: marginStages(stage),
    changes: noChanges,
    optimizer: 'sgd',
    averageDecay: 0,
    levels: [{ level: 'L0', weight: 1 }],
    people: 60,
    heldOut: 16,
    evaluateEvery: 50,
    saveEvery: 50,
  },
  {
    name: 'small',
    about: '112 pixels, half the width, latents of 256; the second stage under attack: minutes on a GPU',
    network: { kind: 'arcface', layers: [2, 2, 4, 2], width: 0.5, embedding: 256, inputSize: 112, squeeze: true },
    imageSize: 112,
    stages: marginStages(
      { ...stage, steps: 6375, batchSize: 128 },
      { ...stage, steps: 4667, batchSize: 64, learningRate: 0.02, attack: 3, blurs: 3 },
    ),
    changes: photographChanges,
    optimizer: 'sgd',
    averageDecay: 0,
    levels: [
      { level: 'M2', weight: 2 },
      { level: 'M3', weight: 1 },
    ],
    people: 100_000,
    heldOut: 64,
    evaluateEvery: 1000,
    saveEvery: 1000,
  },
  {
    name: 'published',
    about: "112 pixels, the paper's width and depth, latents of 512: days on a GPU",
    network: { kind: 'arcface', layers: [3, 4, 14, 3], width: 1, embedding: 512, inputSize: 112, squeeze: true },
    imageSize: 112,
    stages: marginStages(
      { ...stage, steps: 100_000, batchSize: 256, margin: 0.5, scale: 64 },
      { ...stage, steps: 30_000, batchSize: 128, learningRate: 0.02, margin: 0.5, scale: 64, attack: 3, blurs: 3 },
    ),
    changes: photographChanges,
    optimizer: 'sgd',
    averageDecay: 0,
    levels: [
      { level: 'L1', weight: 1 },
      { level: 'L2', weight: 2 },
      { level: 'L3', weight: 1 },
    ],
    people: 200_000,
    heldOut: 128,
    evaluateEvery: 5000,
    saveEvery: 5000,
  },
];

/** The preset for a judge: IResNet in place of SE-IR, and no attack, because nothing follows a judge's gradient. */
function judged(preset: ReaderPreset): ReaderPreset {
  const { embedding, inputSize, width } = readIdentityConfig(preset.network);
  const layers = preset.name === 'published' ? [3, 4, 14, 3] : preset.name === 'small' ? [2, 2, 2, 2] : [1, 1, 1, 1];
  return {
    ...preset,
    about: preset.about.replace('; the second stage under attack', ''),
    network: { kind: 'iresnet', layers, width, embedding, inputSize, squeeze: false },
    stages: preset.stages.slice(0, 1),
  };
}

/** The network as what it is; a kind is only given networks that it built. */
function identityOf(network: Layer): IdentityNetwork {
  if (network instanceof IdentityNetwork) return network;
  throw new VisageError(`identity: ${network.constructor.name} is no identity network`);
}

const kindOf = (name: ReaderName, about: string, first: number, presets: readonly ReaderPreset[]): ReaderKind => ({
  name,
  about,
  architecture: 'identity',
  presets,
  photographs: true,
  readSizes: readIdentityConfig,
  build: (sizes) => buildIdentityNetwork(readIdentityConfig(sizes)),
  open: (network, settings, dataSets) => partsOf(identityOf(network), first, settings, dataSets),
});

function partsOf(
  network: IdentityNetwork,
  firstIdentity: number,
  settings: ReaderSettings,
  [photographs]: readonly OpenedData[],
): ReaderParts {
  const { people, imageSize, levels, factorSplit, seed } = settings;
  const data = ({ batchSize }: Pick<ReaderStage, 'batchSize'>): LabelledPeople =>
    photographs
      ? new PictureLabels({ people: photographs.split.trained, pictures: photographs.pictures, batchSize, seed })
      : new ProceduralLabels({ people, firstIdentity, level: levels, factorSplit, imageSize, batchSize, seed });
  const [first = { batchSize: 1 }] = settings.stages;
  const probe = data(first);
  const shapes = needsShapes(settings) ? noseShapes({ first: firstIdentity, count: people }) : undefined;
  const task = new IdentityTask(network, probe.people, seed, 'angle', shapes);
  probe.dispose();
  return {
    task,
    data,
    async continued() {
      const source = data(first);
      await task.centre(source);
      source.dispose();
    },
    measure: (reader, set) =>
      photographs
        ? photographFigures(identityOf(reader), photographs)
        : renderedFigures(identityOf(reader), settings, set),
  };
}

/** Verification on unseen rendered people, at each level of the training. */
async function renderedFigures(
  network: IdentityNetwork,
  { levels, factorSplit, heldOut, imageSize }: ReaderSettings,
  people: PeopleSet,
): Promise<ReaderFigures> {
  const first = firstOf[people];
  const all: [string, number][] = [];
  for (const [k, { level }] of levels.entries()) {
    const which = { people: heldOut, photos: PHOTOS, firstIdentity: first, firstAttributes: first };
    const look = { level, factorSplit, imageSize };
    const { values, labels } = await embedPhotos({ ...which, ...look }, (faces) => network.embed(faces));
    const figures = figuresOf({ values, size: network.config.embedding }, labels);
    const named = Object.entries(figures).map(([name, value]) => [k === 0 ? name : `${name} ${level}`, value] as const);
    for (const [name, value] of named) all.push([name, value]);
  }
  return Object.fromEntries(all);
}

/** Verification on the held-out people of a data set. */
async function photographFigures(network: IdentityNetwork, { split, pictures }: OpenedData): Promise<ReaderFigures> {
  const labels: number[] = [];
  const faces: Float32Array[] = [];
  for (const [person, { faces: theirs }] of split.heldOut.entries()) {
    for (const face of Array.from(theirs).slice(0, PHOTOS)) {
      const read = await pictures.face(face);
      if (!read) continue;
      labels.push(person);
      faces.push(read.data);
    }
  }
  return figuresOf(await embedAll(network, joined(faces), pictures.imageSize), labels);
}

/** Equal error rate, and true accept rates where there are enough pairs of two people for the rate. */
function figuresOf(embeddings: Embeddings, labels: ArrayLike<number>): ReaderFigures {
  const counts = new Map<number, number>();
  for (const label of Array.from(labels)) counts.set(label, (counts.get(label) ?? 0) + 1);
  const all = labels.length;
  const impostors = [...counts.values()].reduce((sum, count) => sum + (count * (all - count)) / 2, 0);
  const rates = Object.entries(FALSE_ACCEPTS).flatMap(([name, rate]) =>
    impostors * rate >= 1 ? [[name, acceptRateAt(embeddings, labels, rate).trueAccepts] as const] : [],
  );
  return { [EER]: equalErrorRate(embeddings, labels).rate, ...Object.fromEntries(rates) };
}

export const identityKind = kindOf(
  'identity',
  'an identity network, for the loss of swappers: tells rendered people or photographs apart',
  faceSets.training,
  identityPresets,
);

export const judgeKind = kindOf(
  'judge',
  'an identity network that only measures: another architecture, and people of its own',
  faceSets.judge,
  identityPresets.map(judged),
);
