import * as t from '@visage/tensor';
import * as kernels from '@visage/tensor/kernels';
import type { StepArgs } from '../golden/programArgs.ts';
import type { StepOp } from './op.ts';

const gateOf = (x: readonly t.Tensor[]): kernels.SqueezeGate => {
  const [w1, b1, slope, w2, b2] = x as [t.Tensor, t.Tensor, t.Tensor, t.Tensor, t.Tensor];
  return { w1, b1, slope, w2, b2 };
};

/** Builds a residual block from the list of a step's inputs. */
const residualBlock = ([x, ...rest]: readonly t.Tensor[], { stride, shortcut, gate, last }: StepArgs): t.Tensor => {
  const next = () => rest.shift() as t.Tensor;
  const conv = (options: t.Conv2dOptions): kernels.OffsetConv => ({ weight: next(), offset: next(), options });
  const conv1 = conv({ padding: 1 });
  const slope = next();
  const conv2 = conv({ padding: 1, stride });
  const block: kernels.ResidualBlock = {
    ...{ conv1, slope, conv2 },
    ...(shortcut && { shortcut: conv({ stride }) }),
    ...(gate && { gate: gateOf(rest.splice(0, 5)) }),
    ...(last && { lastSlope: next() }),
  };
  return kernels.residualBlock(x as t.Tensor, block);
};

/** Image ops, matrix products, convolutions and normalisation in programs. */
export const LAYERS: Readonly<Record<string, StepOp>> = {
  pad2d: ([x], { padding = 0, paddingMode }) => t.pad2d(x, padding, paddingMode),
  pixelShuffle: ([x], { factor }) => t.pixelShuffle(x, factor),
  translate: ([x, shifts]) => t.translate(x, shifts),
  resize: ([x], { size, mode, alignCorners }) => t.resize(x, size, mode, alignCorners),
  maxPool2d: ([x], { kernel, stride, padding }) => t.maxPool2d(x, { kernel, stride, padding }),
  avgPool2d: ([x], args) => t.avgPool2d(x, args),
  matmul: ([a, b], args) => t.matmul(a, b, args),
  linear: ([x, w, bias]) => t.linear(x, w, bias),
  linears: ([x, w1, b1, w2, b2]) => {
    const layers = [w1, w2].map((weight, k) => ({ weight, bias: [b1, b2][k] as t.Tensor }));
    return kernels.linears(x, layers).reduce((a, b) => a.mul(b));
  },
  conv2d: ([x, w, bias], args) => t.conv2d(x, w, bias, args),
  convTranspose2d: ([x, w, bias], args) => t.convTranspose2d(x, w, bias, args),
  offsetConv: ([x, weight, offset, slope], { padding }) =>
    kernels.offsetConv(x, { weight, offset, options: { padding } }, slope),
  residualBlock,
  squeezeExcitation: ([x, skip, ...rest]) => kernels.squeezeExcitation(x, gateOf(rest), skip, rest[5] as t.Tensor),
  instanceNorm: ([x], { eps }) => t.instanceNorm(x, eps),
  adain: ([x, style, residual], { eps, relu }) => t.adain(x, style, { eps, relu, residual }),
  // The op updates the running statistics in place. Copies keep the inputs unchanged for the replay.
  batchNorm: ([x, weight, bias, mean, variance], args) =>
    t.batchNorm(x, weight, bias, t.copy(mean), t.copy(variance), args),
};
