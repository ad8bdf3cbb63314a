/**
 * @file The networks and data of the training tests: those of the golden training, so that all tests share compiled
 * kernels.
 */

import { hashed } from '@visage/conformance';
import { seeded } from '@visage/nn';
import {
  ArcFace,
  Discriminator,
  Generator,
  type ImagePairs,
  type PairKind,
  publishedGenerator,
  type TrainingData,
} from '@visage/simswap';
import { keep, type Tensor, zeros } from '@visage/tensor';
import { nhwc } from './hashed.ts';

export const batchSize = 2;
export const imageSize = 48;
const shape = [batchSize, 3, imageSize, imageSize];
const pixels = batchSize * 3 * imageSize * imageSize;

/** Images that depend on the step alone, like those of PyTorch's side of the goldens. */
export class HashedPairs implements TrainingData {
  readonly batchSize = batchSize;
  readonly imageSize = imageSize;
  readonly target: Tensor = keep(zeros([batchSize, imageSize, imageSize, 3]));
  readonly source: Tensor = keep(zeros([batchSize, imageSize, imageSize, 3]));
  /** What the values of every image are multiplied by. */
  scale = 1;
  readonly loaded: { kind: PairKind; step: number }[] = [];

  images(): ImagePairs {
    return { target: this.target, source: this.source };
  }

  load(kind: PairKind, step: number): void {
    this.loaded.push({ kind, step });
    const images = (draw: number) => nhwc(hashed(draw, pixels), shape).map((value) => value * this.scale);
    this.target.write(images(3 * step));
    this.source.write(images(3 * step + 1));
  }

  dispose(): void {
    this.target.dispose();
    this.source.dispose();
  }
}

/** Networks of the golden training's sizes, with initial values of `seed`. */
export function makeNetworks(seed = 1) {
  return seeded(seed, () => ({
    generator: new Generator({ ...publishedGenerator, width: 1 / 32, blocks: 1, latent: 16 }),
    discriminator: new Discriminator({ width: 1 / 32, layers: 3, scales: 2 }),
    identity: new ArcFace({
      kind: 'arcface',
      layers: [1, 1, 1, 1],
      width: 1 / 32,
      embedding: 16,
      inputSize: 40,
      squeeze: true,
    }),
  }));
}
