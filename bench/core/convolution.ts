import { type Gpu, type RecordedStep, timeInterleaved } from '@visage/gpu';
import { HostRandom } from '@visage/nn';
import { cast, conv2d, grad, noGrad, record, type Shape, scope, type Tensor, tensor } from '@visage/tensor';
import { sizeOf } from '@visage/tensor/kernels';
import { checkHealth, magnitudes } from './health.ts';

/** A square convolution at stride 1 that keeps the size of the image. */
export interface ConvolutionShape {
  readonly batch: number;
  /** Height and width of the map. */
  readonly size: number;
  readonly channelsIn: number;
  readonly channelsOut: number;
  readonly kernel: number;
}

/** The three products of a convolution: milliseconds and TFLOP/s, counted as direct convolutions whatever the algorithm. */
export interface ConvolutionRow extends ConvolutionShape {
  readonly precision: 'f32' | 'f16';
  readonly ms: Readonly<Record<ConvolutionPass, number>>;
  readonly tflops: Readonly<Record<ConvolutionPass, number>>;
  /** Kernels of each product, with the variant that was chosen. */
  readonly kernels: Readonly<Record<ConvolutionPass, readonly string[]>>;
}

export const CONVOLUTION_PASSES = ['forward', 'inputGradient', 'weightGradient'] as const;
export type ConvolutionPass = (typeof CONVOLUTION_PASSES)[number];

/** Operations of one product of a convolution: a multiplication and an addition per tap. */
export const convolutionFlops = ({ batch, size, channelsIn, channelsOut, kernel }: ConvolutionShape): number =>
  2 * batch * size ** 2 * channelsIn * channelsOut * kernel ** 2;

/** Times the forward product and both gradients of a convolution, in turns. */
export async function timeConvolution(
  gpu: Gpu,
  shape: ConvolutionShape,
  precision: 'f32' | 'f16',
  rounds = 9,
): Promise<ConvolutionRow> {
  const { batch, size, channelsIn, channelsOut, kernel } = shape;
  const random = new HostRandom(1);
  const filled = (extents: Shape, scale: number): Tensor => {
    const x = scope(() => cast(tensor(random.normal(sizeOf(extents), 0, scale), extents), precision));
    x.requiresGrad = true;
    return x;
  };
  const x = filled([batch, size, size, channelsIn], 1);
  const w = filled([kernel, kernel, channelsIn, channelsOut], 1 / (kernel * Math.sqrt(channelsIn)));
  const dy = filled([batch, size, size, channelsOut], 1);
  const forward = () => conv2d(x, w, undefined, { padding: (kernel - 1) / 2 });
  const y = forward();
  const gradient = (of: Tensor) => record(() => (grad(y, [of], { gradOutputs: [dy.detach()] }) as [Tensor])[0]);
  const steps: RecordedStep<Tensor>[] = [record(() => noGrad(forward)), gradient(x), gradient(w)];
  await Promise.all(steps.map((step) => step.ready()));
  for (const step of steps) step.run();
  const times = await timeInterleaved(
    gpu,
    steps.map(({ commands }) => commands),
    { rounds },
  );
  const results = scope(() => noGrad(() => steps.map(({ result }) => cast(result.detach(), 'f32').mul(1))));
  const sizes = await magnitudes(results);
  const byPass = <T>(of: (k: number) => T) =>
    Object.fromEntries(CONVOLUTION_PASSES.map((pass, k) => [pass, of(k)])) as Record<ConvolutionPass, T>;
  checkHealth(
    `convolution ${batch}x${size}`,
    byPass((k) => sizes[k] as number),
  );
  const row: ConvolutionRow = {
    ...shape,
    precision,
    ms: byPass((k) => times[k] as number),
    tflops: byPass((k) => convolutionFlops(shape) / (times[k] as number) / 1e9),
    kernels: byPass((k) => kernelsOf(steps[k] as RecordedStep<Tensor>)),
  };
  for (const step of steps) step.dispose();
  for (const each of [x, w, dy, y, ...results]) each.dispose();
  gpu.trim();
  return row;
}

const kernelsOf = ({ commands }: RecordedStep<Tensor>): string[] => [
  ...new Set(
    commands.map(({ command: { pipeline, choice } }) =>
      [pipeline.name, choice?.variant.name].filter(Boolean).join(': '),
    ),
  ),
];
