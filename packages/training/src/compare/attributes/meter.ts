/**
 * @file Estimates pose, expression, gaze and light of a picture with a network that was trained on rendered faces
 * with known parameters. Its error on true faces is a lower limit of every error that it measures.
 */
import { FaceSampler, faceSets, type Level, renderFaces } from '@visage/faces';
import { Adam, cosineSchedule, seeded } from '@visage/nn';
import { inBatches } from '@visage/simswap';
import {
  concat,
  grad,
  keep,
  mseLoss,
  noGrad,
  RandomState,
  record,
  resize,
  type Tensor,
  tensor,
  zeros,
} from '@visage/tensor';
import { upload } from '../../evaluation/batches.ts';
import { stepByStep } from '../plan/budget.ts';
import { type LabelSpread, labelNames, labelSpread, labelsOf } from './labels.ts';
import { AttributeRegressor } from './regressor.ts';

/** How the regressor is trained. */
export interface MeterOptions {
  readonly imageSize: number;
  /** The levels of its faces, an equal share of every batch from each. */
  readonly levels: readonly Level[];
  readonly steps: number;
  readonly seed: number;
}

const PEOPLE = 100_000; // from the people of the judge, whom no swapper is trained on
const PHOTOS = 16_384; // attribute vectors; few enough to cache the labels of all
const SPREAD_FROM = 1000; // faces
const BATCH = 64; // of the training
const NOISE = 0.02;

/** Estimates the attributes of faces in pictures. */
export class AttributeMeter {
  readonly spread: LabelSpread;
  readonly #network: AttributeRegressor;

  private constructor(network: AttributeRegressor, spread: LabelSpread) {
    this.#network = network;
    this.spread = spread;
  }

  /**
   * Trains a meter. Half of its training images are slightly blurred, and all are slightly noisy, because swaps are
   * too.
   */
  static async train({ imageSize, levels, steps, seed }: MeterOptions): Promise<AttributeMeter> {
    const sampler = new FaceSampler({ identities: PEOPLE, firstIdentity: faceSets.judge, attributes: PHOTOS, seed });
    const drawn = labelledFaces(sampler, levels);
    const spread = labelSpread(drawn(steps, SPREAD_FROM).flatMap(({ rows }) => rows));
    const network = seeded(seed, () => new AttributeRegressor(imageSize));
    const optimizer = new Adam(network.namedParameters(), { learningRate: 0 });
    const random = new RandomState(seed);
    const each = BATCH / levels.length;
    const numbers = () => keep(tensor(new Uint32Array(each)));
    const shown = levels.map((level) => ({ level, identities: numbers(), attributes: numbers() }));
    const truth = keep(zeros([BATCH, labelNames.length]));
    const step = record(() => {
      const faces = concat(
        shown.map((faces) => worn(renderFaces({ ...faces, size: imageSize }), random)),
        0,
      );
      const loss = mseLoss(network.forward(faces), truth);
      optimizer.step(grad(loss, optimizer.parameters));
    });
    const rate = cosineSchedule({ rate: 2e-3, steps, warmup: Math.floor(steps / 20) });
    let done = 0;
    const train = stepByStep(() => {
      const batch = drawn(done, each);
      for (const [k, { identities, attributes }] of shown.entries()) {
        identities.write(batch[k]!.identities);
        attributes.write(batch[k]!.attributes);
      }
      truth.write(Float32Array.from(batch.flatMap(({ rows }) => rows.flatMap((row) => normalised(row, spread)))));
      optimizer.learningRate = rate(done++);
      step.run();
    });
    await train(steps);
    step.dispose();
    optimizer.dispose();
    random.dispose();
    for (const x of [...shown.flatMap(({ identities, attributes }) => [identities, attributes]), truth]) x.dispose();
    network.freeze().eval();
    return new AttributeMeter(network, spread);
  }

  /** Estimates the labels of pictures [count, S, S, 3] on the host, and returns one row of labels per picture. */
  async read(images: Float32Array): Promise<number[][]> {
    const { imageSize } = this.#network;
    const count = images.length / (imageSize * imageSize * 3);
    const values = await inBatches(count, (from, to) =>
      noGrad(() => this.#network.forward(upload(images, imageSize, from, to))),
    );
    const { mean, deviation } = this.spread;
    return Array.from({ length: count }, (_, n) =>
      labelNames.map((_, k) => mean[k]! + deviation[k]! * values[n * labelNames.length + k]!),
    );
  }

  dispose(): void {
    this.#network.dispose();
  }
}

/** Draws `count` faces of each level with their labels, and caches the labels by attribute number. */
function labelledFaces(sampler: FaceSampler, levels: readonly Level[]) {
  const ofLevels = levels.map((level) => labelsAt(level));
  return (step: number, count: number) => {
    const { identities, attributes } = sampler.labelled(step, count * levels.length);
    return ofLevels.map((rowsOf, k) => {
      const [from, to] = [k * count, (k + 1) * count];
      const own = attributes.subarray(from, to);
      return { identities: identities.subarray(from, to), attributes: own, rows: rowsOf(own) };
    });
  };
}

function labelsAt(level: Level) {
  const known = new Map<number, readonly number[]>();
  return (attributes: Uint32Array) =>
    Array.from(attributes, (number) => {
      const labels = known.get(number) ?? labelsOf({ identity: faceSets.judge, attributes: number, level });
      known.set(number, labels);
      return labels;
    });
}

const normalised = (row: readonly number[], { mean, deviation }: LabelSpread): number[] =>
  row.map((value, k) => (value - mean[k]!) / deviation[k]!);

/**
 * Degrades a batch: blends each image of its second half, by a random share, with a copy at half the resolution, and
 * adds a little noise to all images.
 */
function worn(faces: Tensor, random: RandomState): Tensor {
  const [count, side] = [faces.dim(0), faces.dim(1)];
  const soft = resize(resize(faces, [side / 2, side / 2], 'bilinear'), [side, side], 'bilinear');
  const half = Math.floor(count / 2);
  const share = concat([zeros([count - half, 1, 1, 1]), random.uniform([half, 1, 1, 1])], 0);
  return faces.add(share.mul(soft.sub(faces))).add(random.normal(faces.shape, 0, NOISE));
}
