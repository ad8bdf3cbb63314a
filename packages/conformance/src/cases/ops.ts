import {
  adain,
  arcMargin,
  avgPool2d,
  batchNorm,
  conv2d,
  convTranspose2d,
  copy,
  cosineSimilarity,
  crossEntropy,
  hingeFake,
  hingeReal,
  instanceNorm,
  l1Loss,
  l2Normalize,
  leakyRelu,
  linear,
  matmul,
  maxPool2d,
  mean,
  mseLoss,
  type PaddingMode,
  pixelShuffle,
  prelu,
  type ResizeMode,
  relu,
  relu6,
  resize,
  sigmoid,
  softplus,
  sum,
  type Tensor,
  tanh,
  variance,
} from '@visage/tensor';
import type { OpEntry } from './opCase.ts';

/** The arguments of ops in golden files; which of them a case has depends on its op. */
interface OpArgs {
  readonly scale: number;
  readonly margin: number;
  readonly easyMargin: boolean;
  readonly kernel: number;
  readonly countIncludePad: boolean;
  readonly factor: number;
  readonly size: readonly [number, number];
  readonly mode: ResizeMode;
  readonly alignCorners: boolean;
  readonly stride: number;
  readonly padding: number;
  readonly paddingMode: PaddingMode;
  readonly groups: number;
  readonly eps: number;
  readonly momentum: number;
  readonly relu: boolean;
  readonly slope: number;
  readonly train: boolean;
}

type Inputs = Readonly<Record<string, Tensor>> & {
  readonly [name in 'x' | 'w' | 'b' | 'a' | 'c' | 'z' | 'r' | 'label']: Tensor;
};

const op = (
  call: (inputs: Inputs, args: OpArgs) => ReturnType<OpEntry['call']>,
  roles?: OpEntry['roles'],
): OpEntry => ({
  call: (inputs, args) => call(inputs as Inputs, args as unknown as OpArgs),
  roles,
});

/** The op updates the running statistics in place. Copies keep the inputs unchanged for the replay. */
const batchNormCase: OpEntry['call'] = (inputs, args) => {
  const { x, weight, bias, running_mean, running_var } = inputs as Readonly<Record<string, Tensor>>;
  const [new_mean, new_var] = [copy(running_mean as Tensor), copy(running_var as Tensor)];
  const y = batchNorm(x as Tensor, weight as Tensor, bias as Tensor, new_mean, new_var, args as unknown as OpArgs);
  return { y, new_mean, new_var };
};

/** For each op name in golden files, how Visage computes it. */
export const OPS: Readonly<Record<string, OpEntry>> = {
  matmul: op(({ a, b }) => matmul(a, b)),
  linear: op(({ x, w, b }) => linear(x, w, b)),
  conv2d: op(({ x, w, b }, { stride, padding, paddingMode, groups }) =>
    conv2d(x, w, b, { stride, padding, paddingMode, groups }),
  ),
  convTranspose2d: op(({ x, w, b }, { stride, padding }) => convTranspose2d(x, w, b, { stride, padding })),
  instanceNorm: op(({ x }, { eps }) => instanceNorm(x, eps)),
  adain: op(({ x, z, w, b, r }, { eps, relu }) => adain(x, linear(z, w, b), { eps, relu, residual: r })),
  batchNorm: { call: batchNormCase },
  resize: op(({ x }, { size, mode, alignCorners }) => resize(x, size, mode, alignCorners)),
  pixelShuffle: op(({ x }, { factor }) => pixelShuffle(x, factor)),
  maxPool2d: op(({ x }, { kernel, stride }) => maxPool2d(x, { kernel, stride })),
  avgPool2d: op(({ x }, { kernel, stride, padding, countIncludePad }) =>
    avgPool2d(x, { kernel, stride, padding, countIncludePad }),
  ),
  relu: op(({ x }) => relu(x)),
  tanh: op(({ x }) => tanh(x)),
  sigmoid: op(({ x }) => sigmoid(x)),
  relu6: op(({ x }) => relu6(x)),
  softplus: op(({ x }) => softplus(x)),
  leakyRelu: op(({ x }, { slope }) => leakyRelu(x, slope)),
  prelu: op(({ x, w }) => prelu(x, w)),
  l2Normalize: op(({ x }, { eps }) => l2Normalize(x, 1, eps)),
  cosineSimilarity: op(({ a, b }, { eps }) => cosineSimilarity(a, b, 1, eps)),
  l1Loss: op(({ a, b }) => l1Loss(a, b)),
  mseLoss: op(({ a, b }) => mseLoss(a, b)),
  hingeReal: op(({ x }) => hingeReal(x)),
  hingeFake: op(({ x }) => hingeFake(x)),
  crossEntropy: op(({ x, label }) => crossEntropy(x, label)),
  arcMargin: op(({ x, w, label }, { scale, margin, easyMargin }) =>
    arcMargin(x, w, label, { scale, margin, easyMargin }),
  ),
  'expr:(a+b)*c-a/b': op(({ a, b, c }) => a.add(b).mul(c).sub(a.div(b)), {
    a: 'plain',
    b: 'plain',
    c: 'plain',
    y: 'plain',
  }),
  'expr:[sum(x,[2,3]),mean(x,[0,2]),var(x,[1],biased)]': op(
    ({ x }) => ({ s: sum(x, [2, 3]), m: mean(x, [0, 2]), v: variance(x, 1) }),
    { x: 'plain', s: 'plain', m: 'plain', v: 'plain' },
  ),
};
