/** @file Problems of every kernel family, of every kind that some variant declines: for the tables of docs/kernels.md. */
import type { Gpu, KernelChoice } from '@visage/gpu';
import {
  adain,
  type Conv2dOptions,
  cast,
  conv2d,
  type FloatType,
  grad,
  instanceNorm,
  matmul,
  mul,
  permute,
  type ResizeMode,
  record,
  resize,
  sum,
  type Tensor,
} from '@visage/tensor';
import { empty, linears, squeezeExcitation } from '@visage/tensor/kernels';
import { totalFamily } from '../../packages/tensor/src/reduce/threads.ts';

/** [batch, side, channels in, channels out, kernel, options] */
const CONVOLUTIONS: readonly (readonly [number, number, number, number, number, Conv2dOptions])[] = [
  [4, 28, 512, 512, 3, { padding: 1 }],
  [1, 9, 64, 64, 3, { padding: 1 }],
  [1, 128, 128, 128, 3, { padding: 1 }],
  [16, 97, 64, 64, 3, { padding: 1 }],
  [64, 2, 64, 64, 3, { padding: 1 }],
  [2, 32, 16, 16, 3, { padding: 1 }],
  [2, 32, 6, 8, 3, { padding: 1 }],
  [2, 32, 64, 64, 3, { padding: 1, stride: 2 }],
  [2, 64, 64, 3, 7, { padding: 3, paddingMode: 'reflect' }],
  [8, 64, 64, 3, 1, {}],
  [8, 64, 20, 3, 3, { padding: 1 }],
  [1, 32, 64, 3, 3, { padding: 1 }],
  [2, 64, 64, 3, 3, { padding: 1, stride: 2 }],
];
const PRODUCTS: readonly (readonly [m: number, n: number, k: number])[] = [
  [512, 512, 512],
  [8, 64, 64],
  [4096, 16, 64],
  [64, 64, 8],
];
/** Batch, side, channels. */
const IMAGES: readonly (readonly [number, number, number])[] = [
  [2, 28, 64],
  [2, 60, 64],
  [2, 96, 64],
  [64, 64, 48],
  [200, 32, 128],
  [1, 4, 6],
];
const RESIZES: readonly (readonly [side: number, to: number, ResizeMode])[] = [
  [16, 32, 'bilinear'],
  [15, 30, 'bilinear'],
  [16, 24, 'bilinear'],
  [16, 32, 'nearest'],
];

/** The choices that a device makes for all of them, in a fixed order. Tensors of images and matrices have the given type. */
export function* choicesOf(gpu: Gpu, dtype: FloatType): Generator<KernelChoice> {
  const given = (...shape: number[]): Tensor => {
    const x = empty(gpu, shape, dtype);
    x.requiresGrad = true;
    return x;
  };
  for (const threads of [256, 33]) yield totalFamily.choose(gpu, { threads, block: 1 });
  for (const launch of launches(gpu, given)) {
    const step = record(() => {
      const y = launch();
      const inputs = (y.node?.inputs ?? []).filter(({ requiresGrad }) => requiresGrad);
      return inputs.length === 0 ? y : [y, ...grad(sum(y), inputs)];
    });
    for (const { command } of step.commands) if (command.choice) yield command.choice;
    step.dispose();
  }
}

type Given = (...shape: number[]) => Tensor;

function* launches(gpu: Gpu, given: Given): Generator<() => Tensor> {
  const f32 = (...shape: number[]) => empty(gpu, shape);
  for (const [batch, side, channels, result, kernel, options] of CONVOLUTIONS) {
    const [x, w] = [given(batch, side, side, channels), given(kernel, kernel, channels, result)];
    yield () => conv2d(x, w, undefined, options);
  }
  for (const [m, n, k] of PRODUCTS) {
    const [a, b] = [given(m, k), given(k, n)];
    yield () => matmul(a, b);
  }
  for (const [batch, side, channels] of IMAGES) {
    const [x, skip, style] = [
      given(batch, side, side, channels),
      given(batch, side, side, channels),
      f32(batch, 2 * channels),
    ];
    yield () => instanceNorm(x);
    yield () => adain(x, style);
    yield () => sum(x, [1, 2]);
    yield () => mul(x, skip);
    yield () => permute(x, [0, 3, 1, 2]);
    yield () => permute(x, [1, 0, 2, 3]);
    const gate = { w1: f32(channels, 8), b1: f32(8), slope: f32(1), w2: f32(8, channels), b2: f32(channels) };
    const slope = f32(1);
    yield () => squeezeExcitation(x, gate, skip, slope);
  }
  for (const [side, to, mode] of RESIZES) {
    const x = given(2, side, side, 16);
    yield () => resize(x, [to, to], mode);
    if (to === 2 * side && mode === 'bilinear') yield () => resize(x, [to, to], mode, true);
  }
  const matrix = given(1, 4096, 4);
  yield () => permute(matrix, [0, 2, 1]);
  const layers = [{ weight: f32(64, 64), bias: f32(64) }];
  const small = f32(4, 64);
  yield () => linears(small, layers)[0] as Tensor;
  yield () => cast(small, 'f16');
}
