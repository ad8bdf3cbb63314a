/**
 * @file Every op on f16 tensors against itself in f32 on the same, rounded values: results and gradients, in the types that the rules say.
 *
 * Arithmetic and sums are f32 in both, so what differs is the rounding of results that are stored as f16.
 */
import {
  abs,
  adain,
  add,
  avgPool2d,
  batchNorm,
  cast,
  clamp,
  concat,
  conv2d,
  convTranspose2d,
  cosineSimilarity,
  crossEntropy,
  type DType,
  div,
  exp,
  expand,
  full,
  gatherRows,
  grad,
  hingeFake,
  hingeReal,
  instanceNorm,
  l1Loss,
  l2Normalize,
  leakyRelu,
  linear,
  log,
  matmul,
  max,
  maximum,
  maxPool2d,
  mean,
  mseLoss,
  mul,
  neg,
  onesLike,
  pad2d,
  permute,
  pixelShuffle,
  prelu,
  relu,
  resize,
  scope,
  sigmoid,
  slice,
  softmax,
  softplus,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  tanh,
  tensor,
  translate,
  variance,
  where,
  zeros,
} from '@visage/tensor';
import { addPrelu, sumRows } from '@visage/tensor/kernels';
import { equal, is, ok, throws } from 'uvu/assert';
import { relativeError } from '../helpers/goldens.ts';
import { gpuSuite } from '../helpers/gpu.ts';
import { hostRandom } from '../helpers/random.ts';

const { test } = await gpuSuite('ops on f16');
const TOLERANCE = 2e-3;

/** `half`: activations, f16. `full`: parameters, f32. */
type Input = readonly [type: 'half' | 'full', ...shape: number[]];
type Op = (...xs: Tensor[]) => Tensor;
interface Case {
  readonly inputs: readonly Input[];
  readonly fn: Op;
  /** Type of the result; f16 by default. */
  readonly result?: DType;
  readonly positive?: boolean;
}

const labels = () => tensor(Uint32Array.of(2, 0, 3));
const one = (fn: Op, ...shape: number[]): Case => ({ fn, inputs: [['half', ...shape]] });
const two = (fn: Op, a: number[], b: number[]): Case => ({
  fn,
  inputs: [
    ['half', ...a],
    ['half', ...b],
  ],
});

const CASES: Record<string, Case> = {
  'add, odd size': two((a, b) => add(a!, b!), [3, 5], [3, 5]),
  'add, a row': two((a, b) => add(a!, b!), [6, 8], [8]),
  'sub, an odd row': two((a, b) => sub(a!, b!), [4, 3], [3]),
  'mul, a column': two((a, b) => mul(a!, b!), [4, 8], [4, 1]),
  'mul with an f32 tensor': {
    fn: (a, b) => mul(a!, b!),
    inputs: [
      ['half', 3, 8],
      ['full', 8],
    ],
    result: 'f32',
  },
  'mul with an f32 number': {
    fn: (a, b) => mul(a!, b!),
    inputs: [['half', 3, 8], ['full']],
  },
  'mul with an f32 tensor of one element': {
    fn: (a, b) => mul(a!, b!),
    inputs: [
      ['half', 3, 8],
      ['full', 1],
    ],
    result: 'f32',
  },
  div: { ...two((a, b) => div(a!, b!), [3, 4], [3, 4]), positive: true },
  'maximum and where': two((a, b) => where(maximum(a!, b!), a!, b!), [9], [9]),
  neg: one((x) => neg(x!), 7),
  exp: one((x) => exp(x!), 3, 4),
  log: { ...one((x) => log(x!), 3, 4), positive: true },
  sqrt: { ...one((x) => sqrt(x!), 3, 4), positive: true },
  square: one((x) => square(x!), 3, 5),
  abs: one((x) => abs(x!), 3, 4),
  tanh: one((x) => tanh(x!), 3, 4),
  sigmoid: one((x) => sigmoid(x!), 3, 4),
  softplus: one((x) => softplus(x!), 3, 4),
  relu: one((x) => relu(x!), 3, 5),
  leakyRelu: one((x) => leakyRelu(x!, 0.2), 3, 4),
  clamp: one((x) => clamp(x!, -0.7, 0.7), 3, 4),
  prelu: {
    fn: (x, w) => prelu(x!, w!),
    inputs: [
      ['half', 2, 3, 4],
      ['full', 4],
    ],
  },
  addPrelu: {
    fn: (x, y, w) => addPrelu(x!, y!, w!),
    inputs: [
      ['half', 2, 3, 4],
      ['full', 3, 4],
      ['full', 1],
    ],
  },
  'sum of all': { ...one((x) => sum(x!), 7, 11), result: 'f32' },
  'sum of rows': { ...one((x) => sum(x!, 0), 9, 5), result: 'f32' },
  mean: { ...one((x) => mean(x!, [1, 2]), 2, 5, 3, 4), result: 'f32' },
  variance: { ...one((x) => variance(x!, 1), 3, 8), result: 'f32' },
  max: { ...one((x) => max(x!, 1), 3, 7), result: 'f32' },
  'reshape, permute': one((x) => permute(x!.reshape([3, 4, 5]), [2, 0, 1]), 12, 5),
  'slice, concat': two((a, b) => concat([slice(a!, 1, 1, 4), b!], 1), [3, 5], [3, 2]),
  expand: one((x) => expand(x!, [3, 4, 5]), 4, 1),
  pixelShuffle: one((x) => pixelShuffle(x!, 2), 1, 2, 3, 8),
  'pad2d, reflect': one((x) => pad2d(x!, 2, 'reflect'), 1, 4, 5, 4),
  'pad2d, replicate, three channels': one((x) => pad2d(x!, 1, 'replicate'), 2, 3, 3, 3),
  'resize, bilinear': one((x) => resize(x!, [8, 10]), 2, 4, 5, 8),
  'resize, bicubic, three channels': one((x) => resize(x!, [5, 3], 'bicubic'), 1, 7, 6, 3),
  maxPool2d: one((x) => maxPool2d(x!, { kernel: 3, stride: 2, padding: 1 }), 1, 7, 5, 4),
  'avgPool2d, three channels': one(
    (x) => avgPool2d(x!, { kernel: 3, stride: 2, padding: 1, countIncludePad: false }),
    ...[1, 7, 5, 3],
  ),
  translate: one((x) => translate(x!, tensor([1, -1, 0, 2], [2, 2])), 2, 4, 5, 3),
  gatherRows: one((x) => gatherRows(x!, labels()), 4, 5),
  sumRows: one((x) => sumRows(x!, labels(), 5), 3, 4),
  l2Normalize: { ...one((x) => l2Normalize(x!), 3, 16), result: 'f32' },
  cosineSimilarity: { ...two((a, b) => cosineSimilarity(a!, b!), [3, 16], [3, 16]), result: 'f32' },
  softmax: { ...one((x) => softmax(x!), 3, 7), result: 'f32' },
  crossEntropy: { ...one((x) => crossEntropy(x!, labels()), 3, 5), result: 'f32' },
  l1Loss: { ...two((a, b) => l1Loss(a!, b!), [3, 7], [3, 7]), result: 'f32' },
  mseLoss: { ...two((a, b) => mseLoss(a!, b!), [3, 7], [3, 7]), result: 'f32' },
  hinges: { ...one((x) => hingeReal(x!).add(hingeFake(x!)), 3, 7), result: 'f32' },
  conv2d: {
    fn: (x, w, b) => conv2d(x!, w!, b, { padding: 1 }),
    inputs: [
      ['half', 2, 5, 6, 4],
      ['full', 3, 3, 4, 8],
      ['full', 8],
    ],
  },
  convTranspose2d: {
    fn: (x, w, b) => convTranspose2d(x!, w!, b, { stride: 2, padding: 1 }),
    inputs: [
      ['half', 1, 4, 3, 8],
      ['full', 4, 4, 4, 8],
      ['full', 4],
    ],
  },
  linear: {
    fn: (x, w, b) => linear(x!, w!, b),
    inputs: [
      ['half', 3, 8],
      ['full', 8, 5],
      ['full', 5],
    ],
  },
  matmul: two((a, b) => matmul(a!, b!), [3, 7], [7, 5]),
  instanceNorm: one((x) => instanceNorm(x!), 2, 5, 4, 4),
  adain: {
    fn: (x, s, r) => adain(x!, s!, { relu: true, residual: r }),
    inputs: [
      ['half', 2, 4, 5, 4],
      ['half', 2, 8],
      ['half', 2, 4, 5, 4],
    ],
  },
  'batchNorm, training': {
    fn: (x, w, b) => batchNorm(x!, w!, b!, zeros([4]), full([4], 1), { train: true }),
    inputs: [
      ['half', 2, 4, 5, 4],
      ['full', 4],
      ['full', 4],
    ],
  },
  'batchNorm, evaluation': {
    fn: (x, w, b) => batchNorm(x!, w!, b!, full([4], 0.3), full([4], 2), { train: false }),
    inputs: [
      ['half', 2, 4, 5, 4],
      ['full', 4],
      ['full', 4],
    ],
  },
};

for (const [name, one] of Object.entries(CASES)) {
  test(name, async () => {
    const random = hostRandom(name.length + 17);
    const values = one.inputs.map(([, ...shape]) => {
      const all = random.normals(shape.reduce((a, b) => a * b, 1));
      return { shape, values: one.positive ? all.map((v) => 0.5 + Math.abs(v)) : all };
    });
    const seed = random.normals(4096);
    /** Value and gradients, with the inputs marked `half` in the given type. */
    const run = (type: 'f32' | 'f16') =>
      scope(() => {
        const leaves = values.map(({ values, shape }, k) => {
          const rounded = cast(tensor(values, shape), 'f16');
          const x = cast(rounded, one.inputs[k]![0] === 'half' ? type : 'f32').detach();
          x.requiresGrad = true;
          return x;
        });
        const y = one.fn(...leaves);
        const g = cast(tensor(seed.slice(0, y.size), y.shape), 'f16');
        return { leaves, y, gradients: grad(y, leaves, { gradOutputs: [cast(g, y.dtype)] }) };
      });
    const [half, reference] = [run('f16'), run('f32')];
    is(half.y.dtype, one.result ?? 'f16');
    is(reference.y.dtype, 'f32');
    equal(
      half.gradients.map(({ dtype }) => dtype),
      half.leaves.map(({ dtype }) => dtype),
    );
    const compare = async (a: Tensor, b: Tensor, what: string) => {
      const error = relativeError(await a.floats(), await b.floats());
      ok(error < TOLERANCE, `${what}: relative error ${error.toExponential(1)}`);
    };
    await compare(half.y, reference.y, 'value');
    for (const [k, g] of half.gradients.entries())
      await compare(g, reference.gradients[k] as Tensor, `gradient of input ${k}`);
    for (const { leaves, y, gradients } of [half, reference]) for (const x of [...leaves, y, ...gradients]) x.dispose();
  });
}

test('constants, single values and bits', async () => {
  const x = full([3], 0.5, { dtype: 'f16' });
  equal([...(await x.floats())], [0.5, 0.5, 0.5]);
  equal([...(await x.data())], [0x3800, 0x3800, 0x3800]);
  is(await full([], 2.5, { dtype: 'f16' }).item(), 2.5);
  is(onesLike(x).dtype, 'f16');
  throws(() => full([2], 1, { dtype: 'i32' }), /full: dtype is i32, expected f32 or f16/);
});

test('results past the range of f16 are infinite, so that a loss scaler sees them', async () => {
  const x = cast(tensor([300, -300, 1, 200, 65504], [5]), 'f16');
  const [a, b, c, d, e] = await square(x).floats();
  equal([a, b, c], [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 1]);
  equal([d, e], [40000, Number.POSITIVE_INFINITY]);
});

test('gradients meet in the type of their tensor', async () => {
  const x = cast(tensor([1, 2, 3], [3]), 'f16').detach();
  x.requiresGrad = true;
  const y = sum(mul(x, tensor([1, 2, 3]))).add(sum(square(x)));
  const [g] = grad(y, [x]) as [Tensor];
  is(g.dtype, 'f16');
  equal([...(await g.floats())], [3, 6, 9]);
});

test.run();
