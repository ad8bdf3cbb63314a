import { type Gpu, median, type RecordedStep, stayedBusy, timeInterleaved, warmUp } from '@visage/gpu';
import { HostRandom } from '@visage/nn';
import { type Precision, publishedArcFace } from '@visage/simswap';
import {
  autocast,
  cast,
  grad,
  keep,
  l2Normalize,
  noGrad,
  record,
  type Shape,
  scope,
  type Tensor,
  tensor,
} from '@visage/tensor';
import { sizeOf } from '@visage/tensor/kernels';
import { checkHealth, magnitudes } from './health.ts';
import { discriminatorOf, generatorOf, identityOf } from './models.ts';
import type { Sizes } from './sizes.ts';

export const NETWORKS = ['generator', 'discriminator', 'identity'] as const;
export type NetworkName = (typeof NETWORKS)[number];

/** `forward` is inference, in evaluation mode; `training` is forward and gradients as a training step asks for them. */
export type Pass = 'forward' | 'training';

/** A network on random images, recorded. */
export interface RecordedNetwork {
  readonly step: RecordedStep<{ readonly outputs: readonly Tensor[]; readonly gradients: readonly Tensor[] }>;
  dispose(): void;
}

const random = new HostRandom(1);
const uniform = (shape: Shape): Tensor => keep(tensor(random.uniform(sizeOf(shape)), shape));

/** What a network computes, and with respect to what a training step differentiates it. */
interface Subject {
  readonly inputs: readonly Tensor[];
  readonly wanted: readonly Tensor[];
  outputs(): Tensor[];
  /** Gives back what was made for this run. */
  dispose(): void;
}

/**
 * The generator's weights get gradients, the identity network's do not (it is frozen, its norms folded), and the
 * discriminator's images get them too. What is not trained is frozen, so that steps prepare its weights once.
 */
function subject(name: NetworkName, { batch, sizes, pass }: NetworkSetting): Subject {
  const training = pass === 'training';
  if (name === 'generator') {
    const network = generatorOf(sizes).train(training).freeze(!training);
    const images = uniform([batch, sizes.size, sizes.size, 3]);
    const latent = keep(scope(() => l2Normalize(tensor(random.normal(batch * 512), [batch, 512]))));
    const outputs = () => [network.forward(images, latent)];
    return { inputs: [images, latent], wanted: network.parameters(), outputs, dispose: () => {} };
  }
  const side = name === 'identity' ? publishedArcFace.inputSize : sizes.size;
  const images = uniform([batch, side, side, 3]);
  images.requiresGrad = true;
  if (name === 'discriminator') {
    const network = discriminatorOf(sizes).train(training).freeze(!training);
    const outputs = () => network.forward(images).map(({ logits }) => logits);
    return { inputs: [images], wanted: [images, ...network.parameters()], outputs, dispose: () => {} };
  }
  const network = identityOf(sizes).folded();
  const outputs = () => [network.forward(images)];
  return { inputs: [images], wanted: [images], outputs, dispose: () => network.dispose() };
}

/** Size and kind of a run of a network. */
export interface NetworkSetting {
  readonly pass: Pass;
  readonly batch: number;
  readonly precision: Precision;
  readonly sizes: Sizes;
}

/** Records one pass of a network at a size. */
export function recordNetwork(name: NetworkName, setting: NetworkSetting): RecordedNetwork {
  const { inputs, wanted, outputs: compute, dispose } = subject(name, setting);
  const half = setting.precision === 'mixed';
  const outputs = () => autocast(half ? 'f16' : 'f32', compute);
  const free = (step: { dispose(): void }, upstream: readonly Tensor[]) => () => {
    step.dispose();
    for (const each of [...inputs, ...upstream]) each.dispose();
    dispose();
  };
  if (setting.pass === 'forward') {
    const step = record(() => noGrad(() => ({ outputs: outputs(), gradients: [] })));
    return { step, dispose: free(step, []) };
  }
  const like = record(() => noGrad(outputs)); // never run: it tells the shapes
  const upstream = like.result.map(({ shape, dtype }) =>
    keep(scope(() => cast(tensor(random.normal(sizeOf(shape)), shape), dtype))),
  );
  like.dispose();
  const step = record(() => {
    const results = outputs();
    const gradients = grad(results, wanted, { gradOutputs: upstream });
    return { outputs: results.map((y) => y.detach()), gradients };
  });
  return { step, dispose: free(step, upstream) };
}

/**
 * Throws unless outputs and gradients are finite and not zero. Returns the norm of all gradients, or `undefined`
 * without any.
 */
export async function checkNetwork(what: string, { step }: RecordedNetwork): Promise<number | undefined> {
  const { outputs, gradients } = step.result;
  const [outputSizes, gradientSizes] = [await magnitudes(outputs), await magnitudes(gradients)];
  checkHealth(what, Object.fromEntries(outputSizes.map((value, k) => [`output ${k}`, value])));
  if (gradients.length === 0) return undefined;
  const norm = Math.sqrt(gradients.reduce((sum, { size }, k) => sum + size * (gradientSizes[k] as number) ** 2, 0));
  checkHealth(what, { 'gradient norm': norm });
  return norm;
}

/** How fast a recorded network is. */
export interface NetworkRow {
  readonly network: NetworkName | 'swap';
  readonly pass: Pass;
  readonly precision: Precision;
  readonly batch: number;
  /** Kernels per run. For a swap these are the replayed ones, without the copies of the images in and out. */
  readonly dispatches: number;
  /** Milliseconds on the device. Swaps are timed from outside, one after another. */
  readonly deviceMs: number;
  /** Milliseconds from the call to the result, the host's work and the wait included. */
  readonly wallMs: number;
  /** By the time on the device, as for runs one after another. */
  readonly imagesPerSecond: number;
  /** Mebibytes of activations and temporaries. */
  readonly memoryMiB: number;
  readonly gradientNorm?: number;
}

/** Times one pass of one network. */
export async function timeNetwork(
  gpu: Gpu,
  name: NetworkName,
  setting: NetworkSetting,
  repeat: number,
): Promise<NetworkRow> {
  const recorded = recordNetwork(name, setting);
  const { pass, precision, batch } = setting;
  try {
    await recorded.step.ready();
    recorded.step.run();
    const times = await timeInterleaved(gpu, [recorded.step.commands], { rounds: repeat, spanMs: 0 });
    const deviceMs = times[0] as number;
    const wallMs = await wallClock(gpu, repeat, () => recorded.step.run());
    const gradientNorm = await checkNetwork(`${name} ${pass} ${precision}`, recorded);
    const { dispatches, bytes } = recorded.step;
    const rate = { deviceMs, wallMs, imagesPerSecond: (1000 * batch) / Math.max(deviceMs, 1e-6) };
    return { network: name, pass, precision, batch, dispatches, ...rate, memoryMiB: bytes / 2 ** 20, gradientNorm };
  } finally {
    recorded.dispose();
    gpu.trim();
  }
}

/**
 * Median milliseconds of a call and the wait for what it issued, at the device's full clock; the call must have run
 * before.
 */
export async function wallClock(gpu: Gpu, repeat: number, call: () => unknown): Promise<number> {
  const times: number[] = [];
  await warmUp(gpu, call);
  for (let k = 0; k < repeat; k++) {
    await gpu.sync();
    const start = performance.now();
    call();
    await gpu.sync();
    times.push(performance.now() - start);
  }
  stayedBusy(gpu);
  return median(times);
}
