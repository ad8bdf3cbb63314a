/**
 * @file The contests: what is computed, at which sizes, on which numbers. Every process makes the same numbers for
 * itself.
 */
import type { Gpu } from '@visage/gpu';
import { HostRandom } from '@visage/nn';
import { type ConvolutionShape, convolutionFlops } from '../core/convolution.ts';
import type { ConvData, Engine, GeneratorData, GradientData, HostTensor, Task } from './engine.ts';
import { generatorFlops, generatorWeights } from './generator.ts';

/** Sizes of the contests. Plain data: they travel to the peers' processes. */
export interface WorkSizes {
  readonly convolution: Omit<ConvolutionShape, 'batch'> & { readonly batches: readonly number[] };
  readonly generator: {
    readonly size: number;
    readonly channels: number;
    readonly latent: number;
    readonly batches: readonly number[];
  };
}

/** One contest. */
export interface Work {
  readonly what: string;
  readonly pass: 'forward' | 'both gradients';
  readonly batch: number;
  /** Of its convolutions. */
  readonly flops: number;
  /** Brings the data to the engine's device. */
  prepare(engine: Engine): Task;
}

/** Sizes that take a GPU a moment. On a software adapter they are just large enough to compare the engines' results. */
export const workSizes = ({ adapter }: Pick<Gpu, 'adapter'>): WorkSizes =>
  adapter.software
    ? {
        convolution: { size: 8, channelsIn: 16, channelsOut: 16, kernel: 3, batches: [1] },
        generator: { size: 16, channels: 8, latent: 16, batches: [1] },
      }
    : {
        convolution: { size: 28, channelsIn: 512, channelsOut: 512, kernel: 3, batches: [1, 4, 16] },
        generator: { size: 224, channels: 64, latent: 512, batches: [1, 4] },
      };

/** All contests at these sizes. Numbers are made when the first engine asks for them, and kept for the next. */
export function works({ convolution, generator }: WorkSizes): Work[] {
  return [
    ...convolution.batches.flatMap((batch) => convolutionWorks({ ...convolution, batch })),
    ...generator.batches.map((batch) => generatorWork(generator, batch)),
  ];
}

function convolutionWorks({ batch, size, channelsIn, channelsOut, kernel }: ConvolutionShape): Work[] {
  const data = once((random): GradientData & ConvData => ({
    x: filled(random, [batch, size, size, channelsIn]),
    w: weight(random, [kernel, kernel, channelsIn, channelsOut]),
    dy: filled(random, [batch, size, size, channelsOut]),
  }));
  const flops = convolutionFlops({ batch, size, channelsIn, channelsOut, kernel });
  const what = `convolution ${kernel}x${kernel} ${channelsIn}→${channelsOut} @${size}`;
  return [
    { what, pass: 'forward', batch, flops, prepare: (engine) => engine.convForward(data()) },
    { what, pass: 'both gradients', batch, flops: 2 * flops, prepare: (engine) => engine.convGradients(data()) },
  ];
}

function generatorWork({ size, channels, latent }: WorkSizes['generator'], batch: number): Work {
  const data = once((random): GeneratorData => {
    const shapes = Object.entries(generatorWeights(channels, latent));
    return {
      image: filled(random, [batch, size, size, 3]),
      style: filled(random, [batch, latent]),
      weights: Object.fromEntries(shapes.map(([name, shape]) => [name, weight(random, shape)])),
    };
  });
  const what = `small generator @${size}, ${channels} channels`;
  const flops = generatorFlops(batch, size, channels);
  return { what, pass: 'forward', batch, flops, prepare: (engine) => engine.generator(data()) };
}

const count = (shape: readonly number[]): number => shape.reduce((a, b) => a * b);

const filled = (random: HostRandom, shape: readonly number[], scale = 1): HostTensor => ({
  data: random.normal(count(shape), 0, scale),
  shape,
});

/** Keeps the variance of what goes through it. */
const weight = (random: HostRandom, shape: readonly number[]): HostTensor =>
  filled(random, shape, 1 / Math.sqrt(count(shape.slice(0, -1))));

function once<T>(make: (random: HostRandom) => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make(new HostRandom(1));
    return made;
  };
}
