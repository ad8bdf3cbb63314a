import { type FactorSplit, type Level, renderFaces } from '@visage/faces';
import { checkInteger, checkOptions, type Gpu, type OptionKeys } from '@visage/gpu';
import { cosineSchedule, type NamedParameters, Sgd } from '@visage/nn';
import { grad, noGrad, record, scope, type Tensor } from '@visage/tensor';
import type { LabelledData } from './labelledData.ts';

/** Which faces to train on, for how many steps, and at which learning rate. */
export interface LabelledFacesOptions {
  readonly data: LabelledData;
  readonly steps: number;
  /** The highest learning rate: a twentieth of the steps warms up to it, and then it falls along half a cosine. */
  readonly learningRate: number;
  /** Steps between two reports. */
  readonly reportEvery?: number;
  onReport?(step: number, loss: number): void | Promise<void>;
}

const OPTIONS: OptionKeys<LabelledFacesOptions> = {
  data: true,
  steps: true,
  learningRate: true,
  reportEvery: true,
  onReport: true,
};
const STEPS_AHEAD = 8; // that the data may read ahead

/** What is trained: its parameters, and its loss on faces [N, S, S, 3] in [0, 1] of the classes `labels`, [N] u32. */
export interface FaceLearner {
  readonly parameters: NamedParameters;
  loss(faces: Tensor, labels: Tensor): Tensor;
}

/**
 * Trains on labelled faces, for identity networks and other classifiers: stochastic gradient descent with momentum 0.9
 * and weight decay 5e-4, as ArcFace is trained.
 *
 * @throws ArgumentError for an option that there is not, or a value that is out of range.
 */
export async function trainOnLabelledFaces(learner: FaceLearner, options: LabelledFacesOptions): Promise<void> {
  checkOptions('trainOnLabelledFaces', options, OPTIONS);
  const { data, steps, reportEvery = steps, onReport } = options;
  for (const [name, value] of Object.entries({ steps, reportEvery }))
    checkInteger('trainOnLabelledFaces', name, value, 1);
  const rate = cosineSchedule({ rate: options.learningRate, warmup: Math.ceil(steps / 20), steps, floor: 1e-3 });
  const optimizer = new Sgd(learner.parameters, { learningRate: rate(0), momentum: 0.9, weightDecay: 5e-4 });
  const step = record(() => {
    const { images, labels } = data.batch();
    const loss = learner.loss(images, labels);
    optimizer.step(grad(loss, optimizer.parameters));
    return loss;
  });
  for (let k = 0; k < steps; k++) {
    for (let ahead = k; ahead < Math.min(steps, k + STEPS_AHEAD); ahead++) data.expect?.(ahead);
    await data.load(k);
    optimizer.learningRate = rate(k);
    step.run();
    if ((k + 1) % reportEvery === 0) await onReport?.(k + 1, await step.result.item());
  }
  step.dispose();
  optimizer.dispose();
}

/**
 * Photos of people, for measuring: `photos` photos of each of `people` people. Identities and attributes are numbered
 * on from the first ones; no two photos share attributes.
 */
export interface PhotoSet {
  readonly people: number;
  readonly photos: number;
  readonly firstIdentity: number;
  readonly firstAttributes: number;
  readonly level?: Level;
  /** What people keep from photo to photo, of levels of mesh heads alone. Default `swap`: the face. */
  readonly factorSplit?: FactorSplit;
  readonly imageSize: number;
  /** Where the photos are rendered. Default: the current device. */
  readonly gpu?: Gpu;
}

const PHOTO_SET: OptionKeys<PhotoSet> = {
  people: true,
  photos: true,
  firstIdentity: true,
  firstAttributes: true,
  level: true,
  factorSplit: true,
  imageSize: true,
  gpu: true,
};
const PHOTO_BATCH = 16; // rendered at a time: bounds the memory of a measurement

/**
 * Embeds a set of photos: the rows of `embed` one after the other, and the person of each row.
 *
 * @throws ArgumentError for an option out of range.
 */
export async function embedPhotos(
  set: PhotoSet,
  embed: (faces: Tensor) => Tensor,
): Promise<{ readonly values: Float32Array; readonly labels: Uint32Array }> {
  checkOptions('embedPhotos', set, PHOTO_SET);
  const { people, photos, firstIdentity, firstAttributes, imageSize: size, ...look } = set;
  for (const [name, value] of Object.entries({ people, photos })) checkInteger('embedPhotos', name, value, 1);
  const labels = Uint32Array.from({ length: people * photos }, (_, k) => firstIdentity + Math.floor(k / photos));
  const attributes = labels.map((_, k) => firstAttributes + k);
  const parts: Float32Array[] = [];
  for (let from = 0; from < labels.length; from += PHOTO_BATCH) {
    const part = scope(() =>
      noGrad(() => {
        const rows = (numbers: Uint32Array) => numbers.slice(from, from + PHOTO_BATCH);
        return embed(renderFaces({ ...look, identities: rows(labels), attributes: rows(attributes), size }));
      }),
    );
    parts.push(await part.floats());
    part.dispose();
  }
  const values = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    values.set(part, at);
    at += part.length;
  }
  return { values, labels };
}
