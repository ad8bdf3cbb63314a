/** @file The ops whose kernels `visage kernel` prints, with the tensors and options that each takes. */
import { Adam, Sgd } from '@visage/nn';
import type { PaddingMode, ResizeMode, Shape, Tensor } from '@visage/tensor';
import * as T from '@visage/tensor';

/** The options of an op, under the names of the command line. */
export interface OpOptions {
  readonly stride?: number;
  readonly padding?: number;
  readonly paddingMode?: PaddingMode;
  readonly groups?: number;
  readonly kernel?: number;
  readonly size?: readonly [number, number];
  readonly mode?: ResizeMode;
  readonly axes?: readonly number[];
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

/** Creates an f32 tensor that the op needs in addition to those whose shapes the user gives. */
type Extra = (...shape: number[]) => Tensor;

/** An op that `visage kernel` knows. */
export interface KernelOp {
  /** Names of the tensors whose shapes the user gives, in order; those after `|` are optional. */
  readonly tensors: string;
  readonly takes?: readonly (keyof OpOptions)[];
  /** False for ops without a gradient. */
  readonly differentiable?: boolean;
  /** Prepares a call before recording begins; the calls of the returned function are recorded. */
  prepare(given: readonly Tensor[], options: OpOptions, extra: Extra): () => Tensor;
}

type Unary = (x: Tensor) => Tensor;
type Binary = (a: Tensor, b: Tensor) => Tensor;

const unary = (op: Unary): KernelOp => ({
  tensors: 'x',
  prepare:
    ([x]) =>
    () =>
      op(x as Tensor),
});
const binary = (op: Binary): KernelOp => ({
  tensors: 'a, b',
  prepare:
    ([a, b]) =>
    () =>
      op(a as Tensor, b as Tensor),
});
const reduction = (op: (x: Tensor, axes?: readonly number[]) => Tensor): KernelOp => ({
  tensors: 'x',
  takes: ['axes'],
  prepare:
    ([x], { axes }) =>
    () =>
      op(x as Tensor, axes),
});
const pool = (op: (x: Tensor, options: T.PoolOptions) => Tensor): KernelOp => ({
  tensors: 'x',
  takes: ['kernel', 'stride', 'padding'],
  prepare:
    ([x], { kernel = 2, stride = kernel, padding = 0 }) =>
    () =>
      op(x as Tensor, { kernel, stride, padding }),
});
const optimizer = (Kind: typeof Adam | typeof Sgd): KernelOp => ({
  tensors: 'parameter',
  differentiable: false,
  prepare([parameter], _, extra) {
    const p = parameter as Tensor;
    p.requiresGrad = true;
    const [made, gradient] = [new Kind([['parameter', p]]), extra(...p.shape)];
    return () => {
      T.noGrad(() => made.step([gradient]));
      return p;
    };
  },
});

const channelsOf = ({ shape }: Tensor): number => shape.at(-1) as number;

/** Every op that `visage kernel` knows, by its name on the command line. */
export const KERNEL_OPS: Readonly<Record<string, KernelOp>> = {
  conv2d: {
    tensors: 'x, w | bias',
    takes: ['stride', 'padding', 'paddingMode', 'groups'],
    prepare:
      ([x, w, bias], { stride, padding, paddingMode, groups }) =>
      () =>
        T.conv2d(x as Tensor, w as Tensor, bias, { stride, padding, paddingMode, groups }),
  },
  convTranspose2d: {
    tensors: 'x, w | bias',
    takes: ['stride', 'padding', 'groups'],
    prepare:
      ([x, w, bias], { stride, padding, groups }) =>
      () =>
        T.convTranspose2d(x as Tensor, w as Tensor, bias, { stride, padding, groups }),
  },
  matmul: {
    tensors: 'a, b',
    takes: ['transposeA', 'transposeB'],
    prepare:
      ([a, b], { transposeA, transposeB }) =>
      () =>
        T.matmul(a as Tensor, b as Tensor, { transposeA, transposeB }),
  },
  linear: {
    tensors: 'x, w | bias',
    prepare:
      ([x, w, bias]) =>
      () =>
        T.linear(x as Tensor, w as Tensor, bias),
  },
  instanceNorm: unary((x) => T.instanceNorm(x)),
  adain: {
    tensors: 'x',
    prepare([x], _, extra) {
      const style = extra((x as Tensor).dim(0), 2 * channelsOf(x as Tensor));
      return () => T.adain(x as Tensor, style);
    },
  },
  batchNorm: {
    tensors: 'x',
    prepare([x], _, extra) {
      const [weight, bias, mean, variance] = [1, 2, 3, 4].map(() => extra(channelsOf(x as Tensor)));
      const all = [weight, bias, mean, variance] as [Tensor, Tensor, Tensor, Tensor];
      return () => T.batchNorm(x as Tensor, ...all, { train: true });
    },
  },
  resize: {
    tensors: 'x',
    takes: ['size', 'mode'],
    prepare([x], { size, mode }) {
      const image = x as Tensor;
      const to = size ?? ([2 * image.dim(1), 2 * image.dim(2)] as const);
      return () => T.resize(image, to, mode);
    },
  },
  pad2d: {
    tensors: 'x',
    takes: ['padding', 'paddingMode'],
    prepare:
      ([x], { padding = 1, paddingMode }) =>
      () =>
        T.pad2d(x as Tensor, padding, paddingMode),
  },
  maxPool2d: pool(T.maxPool2d),
  avgPool2d: pool(T.avgPool2d),
  permute: {
    tensors: 'x',
    takes: ['axes'],
    prepare:
      ([x], { axes }) =>
      () =>
        T.permute(x as Tensor, axes ?? (x as Tensor).shape.map((_, axis, { length }) => length - 1 - axis)),
  },
  softmax: unary((x) => T.softmax(x)),
  cosineSimilarity: binary(T.cosineSimilarity),
  sum: reduction(T.sum),
  mean: reduction(T.mean),
  max: reduction(T.max),
  variance: reduction(T.variance),
  add: binary(T.add),
  sub: binary(T.sub),
  mul: binary(T.mul),
  div: binary(T.div),
  exp: unary(T.exp),
  log: unary(T.log),
  sqrt: unary(T.sqrt),
  square: unary(T.square),
  abs: unary(T.abs),
  tanh: unary(T.tanh),
  sigmoid: unary(T.sigmoid),
  softplus: unary(T.softplus),
  relu: unary(T.relu),
  prelu: binary(T.prelu),
  cast: unary((x) => T.cast(x, x.dtype === 'f32' ? 'f16' : 'f32')),
  adam: optimizer(Adam),
  sgd: optimizer(Sgd),
};

/** The least and the greatest number of shapes that an op takes. */
export function tensorsOf({ tensors }: KernelOp): readonly [least: number, most: number] {
  const [needed = '', optional = ''] = tensors.split('|');
  const count = (names: string) => names.split(',').filter((name) => name.trim() !== '').length;
  return [count(needed), count(needed) + count(optional)];
}

/** Writes a shape as on the command line: `4x28x28x512`. */
export const written = (shape: Shape): string => shape.join('x');
