/** @file The same work for every engine, on one adapter in one process: results are compared before times are. */
import { type Gpu, median, WARM_MS } from '@visage/gpu';
import { HostRandom } from '@visage/nn';
import { type ConvolutionShape, convolutionFlops } from '../core/convolution.ts';
import { checkHealth } from '../core/health.ts';
import { generatorFlops, generatorWeights } from './generator.ts';

/** Numbers on the host: images NHWC, convolution weights [kh, kw, ci, co]. */
export interface HostTensor {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

/** Work with its data on the device. */
export interface Task {
  /** Does the work so many times over and waits for the last result (where results are lazy, for each). */
  run(times: number): Promise<void>;
  /** The results of the last time, in the common layout. */
  results(): Promise<Float32Array[]>;
  dispose(): void;
}

interface ConvData {
  readonly x: HostTensor;
  readonly w: HostTensor;
}

/** What computes: Visage, or a peer. */
export interface Engine {
  readonly name: string;
  /** Stride 1, zero padding that keeps the size. */
  convForward(data: ConvData): Task;
  /** Gradients with respect to x and w, given that of the result; with a forward pass where the engine cannot do without. */
  convGradients(data: ConvData & { readonly dy: HostTensor }): Task;
  /** The network of generator.ts. */
  generator(data: {
    readonly image: HostTensor;
    readonly style: HostTensor;
    readonly weights: Readonly<Record<string, HostTensor>>;
  }): Task;
  dispose(): void;
}

/** How one engine did. */
export interface ContestEntry {
  readonly name: string;
  /** Median milliseconds on the wall clock. */
  readonly ms?: number;
  readonly gflops?: number;
  /** Largest difference from Visage's results, as a share of their root mean square. */
  readonly error?: number;
  /** Why there is no time. */
  readonly failure?: string;
}

/** What the benchmark of the peers found. */
export interface PeerReport {
  readonly contests: readonly { readonly title: string; readonly entries: readonly ContestEntry[] }[];
}

/** Sizes of the contests. */
export interface ContestSizes {
  readonly convolution: Omit<ConvolutionShape, 'batch'>;
  readonly batches: readonly number[];
  readonly generator: { readonly size: number; readonly channels: number; readonly latent: number };
  /** Times per engine and task; the median counts. */
  readonly repeat: number;
  /** Runs per time, issued together where the engine allows. */
  readonly together: number;
  /** Milliseconds that an engine works before its times count: a GPU that paused has a low clock. */
  readonly warmMs: number;
}

/** From small adapters' and machines' point of view: what ends in reasonable time. */
export const contestSizes = ({ adapter }: Gpu): ContestSizes =>
  adapter.software
    ? {
        convolution: { size: 8, channelsIn: 16, channelsOut: 16, kernel: 3 },
        batches: [1],
        generator: { size: 16, channels: 8, latent: 16 },
        repeat: 3,
        together: 2,
        warmMs: 0,
      }
    : {
        convolution: { size: 28, channelsIn: 512, channelsOut: 512, kernel: 3 },
        batches: [1, 4, 16],
        generator: { size: 224, channels: 64, latent: 512 },
        repeat: 5,
        together: 5,
        warmMs: WARM_MS,
      };

const WRONG = 0.02; // f32 engines differ by the order of their sums; more than this is another function

const random = new HostRandom(1);
const filled = (shape: readonly number[], scale = 1): HostTensor => ({
  data: random.normal(
    shape.reduce((a, b) => a * b),
    0,
    scale,
  ),
  shape,
});
const weight = (shape: readonly number[]): HostTensor =>
  filled(shape, 1 / Math.sqrt(shape.slice(0, -1).reduce((a, b) => a * b)));

/** Lets every engine do the same work. The first engine is Visage, whose results the others are compared with. */
export async function contest(
  engines: readonly Engine[],
  sizes: ContestSizes,
  onEntry: (title: string, entry: ContestEntry) => void,
): Promise<PeerReport> {
  const contests: { title: string; entries: ContestEntry[] }[] = [];
  const hold = async (title: string, flops: number, prepare: (engine: Engine) => Task) => {
    let reference: Float32Array[] | undefined;
    const entries: ContestEntry[] = [];
    for (const engine of engines) {
      const { entry, results } = await attempt(engine, () => prepare(engine), flops, sizes, reference);
      reference ??= results;
      entries.push(entry);
      onEntry(title, entry);
    }
    contests.push({ title, entries });
  };
  const { size, channelsIn, channelsOut, kernel } = sizes.convolution;
  for (const batch of sizes.batches) {
    const flops = convolutionFlops({ ...sizes.convolution, batch });
    const data = {
      x: filled([batch, size, size, channelsIn]),
      w: weight([kernel, kernel, channelsIn, channelsOut]),
      dy: filled([batch, size, size, channelsOut]),
    };
    const what = `convolution ${kernel}x${kernel} ${channelsIn}→${channelsOut} @${size}, batch ${batch}`;
    await hold(`${what}: forward`, flops, (engine) => engine.convForward(data));
    await hold(`${what}: both gradients`, 2 * flops, (engine) => engine.convGradients(data));
  }
  const { size: side, channels, latent } = sizes.generator;
  const weights = Object.fromEntries(
    Object.entries(generatorWeights(channels, latent)).map(([name, shape]) => [name, weight(shape)]),
  );
  for (const batch of sizes.batches) {
    const data = { image: filled([batch, side, side, 3]), style: filled([batch, latent]), weights };
    const title = `small generator @${side}, ${channels} channels, batch ${batch}: forward`;
    await hold(title, generatorFlops(batch, side, channels), (engine) => engine.generator(data));
  }
  return { contests };
}

async function attempt(
  { name }: Engine,
  prepare: () => Task,
  flops: number,
  { repeat, together, warmMs }: ContestSizes,
  reference: readonly Float32Array[] | undefined,
): Promise<{ entry: ContestEntry; results?: Float32Array[] }> {
  try {
    const task = prepare();
    await task.run(1); // compiles
    for (const start = performance.now(); performance.now() - start < warmMs; ) await task.run(together);
    const times: number[] = [];
    for (let k = 0; k < repeat; k++) {
      const start = performance.now();
      await task.run(together);
      times.push((performance.now() - start) / together);
    }
    const results = await task.results();
    task.dispose();
    const sizes = Object.fromEntries(results.map((values, k) => [`result ${k}`, rootMeanSquare(values)]));
    checkHealth(name, sizes);
    const error = reference && Math.max(...results.map((values, k) => difference(values, reference[k])));
    if (error !== undefined && !(error < WRONG)) return { entry: { name, error, failure: 'computes something else' } };
    const ms = median(times);
    return { entry: { name, ms, gflops: flops / ms / 1e6, error }, results };
  } catch (cause) {
    if (reference === undefined) throw cause; // without Visage's own result there is nothing to compare with
    return { entry: { name, failure: cause instanceof Error ? cause.message.slice(0, 200) : String(cause) } };
  }
}

const rootMeanSquare = (values: Float32Array): number =>
  Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);

function difference(values: Float32Array, expected: Float32Array | undefined): number {
  if (values.length !== expected?.length) return Number.POSITIVE_INFINITY;
  const worst = values.reduce((most, value, k) => Math.max(most, Math.abs(value - (expected[k] as number))), 0);
  return worst / rootMeanSquare(expected);
}
