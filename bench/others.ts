import { renderFaces } from '@visage/faces';
import { Adam, ExponentialMovingAverage, Linear } from '@visage/nn';
import {
  adain,
  avgPool2d,
  batchNorm,
  concat,
  cosineSimilarity,
  crossEntropy,
  instanceNorm,
  l1Loss,
  l2Normalize,
  leakyRelu,
  linear,
  maxPool2d,
  mean,
  ones,
  permute,
  prelu,
  relu,
  resize,
  type Shape,
  scope,
  slice,
  type Tensor,
  tanh,
  tensor,
  zeros,
} from '@visage/tensor';
import { type BenchCase, filled, forwardAndBackward, gemmChoice, type Sizes } from './case.ts';

/** A case of an op of some inputs, with all gradients. */
const op = (
  group: string,
  name: string,
  shapes: readonly Shape[],
  call: (...inputs: Tensor[]) => Tensor,
): BenchCase => ({
  group,
  name,
  prepare: () => {
    const inputs = shapes.map(filled);
    return { run: forwardAndBackward(inputs, () => call(...inputs)), inputs };
  },
});

/** A case without gradients. */
const plain = (group: string, name: string, prepare: () => { run: () => void; inputs: Tensor[] }): BenchCase => ({
  group,
  name,
  prepare: () => {
    const { run, inputs } = prepare();
    return { run: () => scope(run), inputs };
  },
});

function norms({ batch, size, channels: [c0, , , c3] }: Sizes): BenchCase[] {
  const inner: Shape = [batch, size / 8, size / 8, c3];
  const outer: Shape = [batch, size, size, c0];
  const trained = (x: Tensor, weight: Tensor, bias: Tensor) => {
    const statistics = [zeros([c0]), ones([c0])] as const;
    return batchNorm(x, weight, bias, ...statistics, { train: true });
  };
  return [
    op('norm', `instance norm ${c3} @${size / 8}`, [inner], (x) => instanceNorm(x, 1e-8)),
    op('norm', `adain + relu ${c3} @${size / 8}`, [inner, [batch, 2 * c3]], (x, style) =>
      adain(x, style, { relu: true }),
    ),
    op('norm', `adain + residual ${c3} @${size / 8}`, [inner, [batch, 2 * c3], inner], (x, style, residual) =>
      adain(x, style, { residual }),
    ),
    op('norm', `batch norm, training ${c0} @${size}`, [outer, [c0], [c0]], trained),
    op('norm', `batch norm, evaluation ${c0} @${size}`, [outer, [c0], [c0]], (x, weight, bias) =>
      batchNorm(x, weight, bias, zeros([c0]), ones([c0]), { train: false }),
    ),
  ];
}

function images({ batch, size, channels: [c0, c1, , c3] }: Sizes): BenchCase[] {
  const [half, eighth, quarter] = [size / 2, size / 8, size / 4];
  return [
    op('image', `bilinear x2 ${c3} @${eighth}`, [[batch, eighth, eighth, c3]], (x) => resize(x, [quarter, quarter])),
    op('image', `bilinear x2 ${c1} @${half}`, [[batch, half, half, c1]], (x) => resize(x, [size, size])),
    op('image', `bicubic ${size} → 112`, [[batch, size, size, 3]], (x) => resize(x, [112, 112], 'bicubic')),
    op('image', `average pool 3x3 /2 @${size}`, [[batch, size, size, 3]], (x) =>
      avgPool2d(x, { kernel: 3, stride: 2, padding: 1, countIncludePad: false }),
    ),
    op('image', `max pool 2x2 ${c0} @110`, [[batch, 110, 110, c0]], (x) => maxPool2d(x, { kernel: 2, stride: 2 })),
    plain('image', `render faces @${size}`, () => {
      const numbers = tensor(Uint32Array.from({ length: batch }, (_, k) => k));
      const run = () => void renderFaces({ identities: numbers, attributes: numbers, size });
      return { run, inputs: [numbers] };
    }),
  ];
}

function pointwise({ batch, size, channels: [c0] }: Sizes): BenchCase[] {
  const map: Shape = [batch, size, size, c0];
  return [
    op('pointwise', `relu ${c0} @${size}`, [map], relu),
    op('pointwise', `leaky relu ${c0} @${size}`, [map], (x) => leakyRelu(x, 0.2)),
    op('pointwise', `prelu ${c0} @${size}`, [map, [c0]], prelu),
    op('pointwise', `tanh 3 @${size}`, [[batch, size, size, 3]], tanh),
    op('pointwise', `add ${c0} @${size}`, [map, map], (a, b) => a.add(b)),
    op('pointwise', `multiply by channel ${c0} @${size}`, [map, [c0]], (a, b) => a.mul(b)),
    op('pointwise', `mean of all ${c0} @${size}`, [map], (x) => mean(x)),
    op(
      'pointwise',
      `l1 loss 3 @${size}`,
      [
        [batch, size, size, 3],
        [batch, size, size, 3],
      ],
      l1Loss,
    ),
  ];
}

/** The layer that makes a block's style from the latent. */
const styleLinear = (batch: number, styles: number): BenchCase => ({
  group: 'vector',
  name: `style linear 512 → ${styles}`,
  prepare: () => {
    const [x, w, b] = [filled([batch, 512]), filled([512, styles]), filled([styles])];
    const variants = { 'gemm/linear': gemmChoice([batch, styles, 512], 'k', x) };
    return { run: forwardAndBackward([x, w, b], () => linear(x, w, b)), inputs: [x, w, b], variants };
  },
});

function vectors({ batch, channels: [, , , c3] }: Sizes): BenchCase[] {
  const label = () => tensor(Uint32Array.from({ length: batch }, (_, k) => k));
  return [
    styleLinear(batch, 2 * c3),
    op('vector', 'l2 normalise 512', [[batch, 512]], (x) => l2Normalize(x)),
    op(
      'vector',
      'cosine similarity 512',
      [
        [batch, 512],
        [batch, 512],
      ],
      (a, b) => cosineSimilarity(a, b),
    ),
    op('vector', 'cross entropy 10000', [[batch, 10_000]], (x) => crossEntropy(x, label())),
    op(
      'vector',
      'concat and slice 512',
      [
        [batch, 512],
        [batch, 512],
      ],
      (a, b) => slice(concat([a, b], 0), 0, 0, batch),
    ),
  ];
}

function weights({ channels: [, , , c3] }: Sizes): BenchCase[] {
  const shape: Shape = [3, 3, c3, c3];
  return [
    op('weights', `permute 3x3 ${c3}→${c3}`, [shape], (w) => permute(w, [0, 1, 3, 2])),
    plain('weights', `Adam 3x3 ${c3}→${c3}`, () => {
      const [weight, gradient] = [filled(shape), filled(shape)];
      const optimizer = new Adam([['w', weight]]);
      return { run: () => optimizer.step([gradient]), inputs: [weight, gradient] };
    }),
    plain('weights', `moving average ${c3 * 9} x ${c3}`, () => {
      const [source, average] = [new Linear(c3 * 9, c3), new Linear(c3 * 9, c3)];
      const moving = new ExponentialMovingAverage(source, average);
      return { run: () => moving.update(), inputs: [...source.parameters(), ...average.parameters()] };
    }),
  ];
}

/** Every kernel family but the convolutions, at the shapes of the networks. */
export const otherCases = (sizes: Sizes): BenchCase[] =>
  [norms, images, pointwise, vectors, weights].flatMap((make) => make(sizes));
