/**
 * @file Every kernel compiles: each op is launched on Dawn's null backend, which translates and validates WGSL and
 * computes nothing, for every variant and vector width, under all limits of an adapter and under WebGPU's default ones.
 *
 * A kernel that no launch below reaches fails the test by its name, so a new kernel has to appear here.
 */

import { renderFaces, renderMasks, renderMaterials, renderMeanFaces } from '@visage/faces';
import { Gpu, useGpu, withVariant } from '@visage/gpu';
import { startGpu } from '@visage/gpu/node';
import * as kernels from '@visage/kernels';
import {
  Adam,
  AdamW,
  BatchNorm2d,
  ExponentialMovingAverage,
  GradScaler,
  Linear,
  liveCheckpoint,
  Sgd,
} from '@visage/nn';
import {
  cropOf,
  cropPictures,
  type GpuPicture,
  OUTLINE_POINTS,
  outlineMasks,
  type Point,
  pasteBack,
  picture,
  placeOutlines,
  regionMasks,
  uploadPicture,
} from '@visage/photos';
import {
  changeFaces,
  changeMaps,
  changePictures,
  FACE_CHANGE_ROW,
  PICTURE_CHANGE_ROW,
  photographChanges,
  truth,
} from '@visage/simswap';
import {
  adain,
  arcMargin,
  avgPool2d,
  batchNorm,
  cast,
  concat,
  conv2d,
  convTranspose2d,
  cos,
  cosineSimilarity,
  cosMargin,
  type DType,
  type FloatType,
  gatherRows,
  grad,
  instanceNorm,
  linear,
  matmul,
  max,
  maxPool2d,
  noGrad,
  ones,
  pad2d,
  permute,
  pixelShuffle,
  prelu,
  RandomState,
  resize,
  sin,
  slice,
  softplus,
  sum,
  type Tensor,
  tanh,
  tensor,
  translate,
  variance,
  zeros,
} from '@visage/tensor';
import {
  convAdain,
  convFamily,
  fileRow,
  gemmFamily,
  linears,
  residualBlock,
  squeezeExcitation,
  sumRows,
} from '@visage/tensor/kernels';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { boxesAbove } from '../../packages/photos/src/detect/boxesAbove.ts';
import { cropBytes } from '../../packages/photos/src/warp/cropBytes.ts';
import { cropStack, holdPictures } from '../../packages/photos/src/warp/stack.ts';
import { fewChannelsForward } from '../../packages/tensor/src/conv/fewChannels.ts';
import { convGeometry } from '../../packages/tensor/src/conv/geometry.ts';
import { normFamily } from '../../packages/tensor/src/reduce/plan.ts';
import { totalFamily } from '../../packages/tensor/src/reduce/threads.ts';
import { deviceOf } from '../helpers/nullDevice.ts';
import { productOf } from '../helpers/variants.ts';
import { launchExchange } from './exchange.ts';
import { launchFilms } from './films.ts';
import { launchHeads } from './heads.ts';

/** What activations are made of: each op compiles for either type. */
let activations: FloatType = 'f32';

/** Launches fn and the kernels of its gradient and of the gradient's gradient. */
function launch(fn: (...xs: Tensor[]) => Tensor, ...shapes: number[][]): void {
  const typeOf = ({ length }: number[]) => (length > 1 ? activations : 'f32'); // vectors are parameters
  const xs = shapes.map((shape) => zeros(shape, { requiresGrad: true, dtype: typeOf(shape) }));
  grad(sum(fn(...xs)), xs);
  const gradients = grad(sum(fn(...xs).square()), xs, { createGraph: true });
  grad(
    sum(
      concat(
        gradients.map((g) => g.reshape([g.size])),
        0,
      ).square(),
    ),
    xs,
  );
}

function launchSpatial(c: number): void {
  const image = [2, 7, 6, c];
  launch((x) => instanceNorm(x!), image);
  launch((x, s, r) => adain(x!, s!, { relu: true, residual: r }), image, [2, 2 * c], image);
  for (const train of [true, false]) {
    launch((x, w, b) => batchNorm(x!, w!, b!, zeros([c]), zeros([c]), { train }), image, [c], [c]);
  }
  const gate = { w1: zeros([c, 2]), b1: zeros([2]), slope: zeros([1]), w2: zeros([2, c]), b2: zeros([c]) };
  launch((x, y) => squeezeExcitation(x!, gate, y!, zeros([1])), image, image);
  const conv = { weight: zeros([3, 3, c, c]), options: { padding: 1 } };
  const convs = { conv1: { ...conv, offset: zeros([1, 7, 6, c]) }, conv2: { ...conv, offset: zeros([c]) } };
  for (const lastSlope of [zeros([1]), undefined])
    launch((x) => residualBlock(x!, { ...convs, slope: zeros([c]), lastSlope }), image);
  launch((x) => resize(x!, [11, 4], 'nearest'), image);
  for (const mode of ['bilinear', 'bicubic'] as const)
    for (const corners of [false, true]) launch((x) => resize(x!, [11, 4], mode, corners), image);
  launch((x) => resize(x!, [16, 12]), [2, 8, 6, c]);
  for (const mode of ['zero', 'reflect', 'replicate'] as const) {
    launch((x) => pad2d(x!, 2, mode), image);
    launch((x, w) => conv2d(x!, w!, undefined, { padding: 1, paddingMode: mode }), image, [3, 3, c, 2 * c]);
  }
  launch((x, w) => conv2d(x!, w!, undefined, { stride: 2, groups: c }), image, [3, 3, 1, c]);
  launch((x, w) => convTranspose2d(x!, w!, undefined, { stride: 2, padding: 1 }), image, [4, 4, 4, c]);
  launch((x) => maxPool2d(x!, { kernel: 3, stride: 2, padding: 1 }), image);
  for (const countIncludePad of [true, false])
    launch((x) => avgPool2d(x!, { kernel: 3, padding: 1, countIncludePad }), image);
  launch((x) => pixelShuffle(x!, 2), [1, 2, 3, 4 * c]);
  launch((x) => translate(x!, zeros([2, 2])), image);
}

function launchRest(): void {
  const labels = tensor(Int32Array.of(0, 2, 1));
  launch((x, w) => arcMargin(x!, w!, labels), [3, 5], [5, 4]);
  launch((x, w) => cosMargin(x!, w!, labels), [3, 5], [5, 4]);
  launch((x) => gatherRows(x!, labels), [4, 5]);
  launch((x) => sumRows(x!, labels, 4), [3, 5]);
  for (const c of [5, 8]) launch((a, b) => cosineSimilarity(a!, b!), [3, c], [3, c]);
  launch((x) => max(x!, 1), [3, 5, 2]);
  for (const c of [5, 8])
    launch((x, w) => conv2d(tanh(x!), w!, undefined, { activation: 'tanh' }), [1, 2, 2, 4], [1, 1, 4, c]);
  launch((x) => permute(x!, [0, 2, 1]), [2, 9, 40]);
  for (const c of [5, 8]) launch((w, b) => linears(zeros([3, 6]), [{ weight: w!, bias: b! }])[0]!, [6, c], [c]);
  fileRow(zeros([2, 3]), tensor(Uint32Array.of(0)), zeros([3]));
  launch((x, w) => prelu(permute(slice(variance(x!, 1, true), 0, 0, 2), [1, 0, 2]), w!), [3, 4, 5], [5]);
  const types: DType[] = ['f32', 'f16', 'i32', 'u32', 'u8'];
  for (const size of [7, 8])
    for (const source of types) for (const result of types) cast(cast(zeros([size]), source), result);
  const random = new RandomState(1);
  random.uniform([5]);
  random.normal([5]);
}

function launchGemms(gpu: Gpu): void {
  for (const variant of gemmFamily.variants) {
    // What is left out lacks a limit or a feature of the device; gemm.test.ts runs such a variant on an adapter that
    // has them.
    if ((variant.supports?.(productOf('f32'), gpu) ?? true) !== true) continue;
    const { name } = variant;
    withVariant('gemm', name, () => {
      for (const [m, n, k] of [
        [33, 17, 19],
        [128, 64, 512],
      ] as const) {
        launch((a, b) => matmul(a!, b!), [m, k], [k, n]);
        launch((a, b) => matmul(a!, b!, { transposeA: true, transposeB: true }), [k, m], [n, k]);
        launch((x, w, b) => linear(x!, w!, b!), [m, k], [k, n], [n]);
      }
      for (const c of [3, 8])
        launch((x, w, b) => conv2d(x!, w!, b!, { padding: 1, stride: 2 }), [2, 9, 11, c], [3, 3, c, 2 * c], [2 * c]);
    });
  }
  for (const { name } of convFamily.variants) {
    if (name === 'few channels') continue; // launchFewChannels
    withVariant('conv', name, () =>
      launch((x, w, b) => conv2d(x!, w!, b!, { padding: 1 }), [2, 9, 11, 8], [3, 3, 8, 16], [16]),
    );
  }
}

/**
 * Products of halves: every loader of subgroup matrices in the tile that fits the null backend's 16 KiB, and each other
 * multiply.
 */
function launchHalfGemms(gpu: Gpu): void {
  if (!gpu.device.features.has('shader-f16')) return;
  const half = (...shape: number[]) => {
    const x = cast(zeros(shape), 'f16');
    x.requiresGrad = true;
    return x;
  };
  const differentiate = (y: Tensor, xs: Tensor[]) => grad(y, xs, { gradOutputs: [y.detach()] });
  for (const name of ['matrix 64x64x16', 'tiled 64x64x16', 'direct']) {
    const variant = gemmFamily.variants.find((each) => each.name === name);
    if ((variant?.supports?.(productOf('f16'), gpu) ?? true) !== true) continue;
    withVariant('gemm', name, () => {
      for (const [ci, co] of [
        [3, 16],
        [12, 3],
        [16, 24],
        [64, 64],
        [8, 8],
      ] as const) {
        const [x, w] = [half(2, 9, 11, ci), zeros([3, 3, ci, co], { requiresGrad: true })];
        for (const stride of [1, 2]) differentiate(conv2d(x, w, zeros([co]), { padding: 1, stride }), [x, w]);
      }
      const conv = { weight: zeros([3, 3, 64, 64]), options: { padding: 1 } };
      const convs = { conv1: { ...conv, offset: zeros([1, 9, 11, 64]) }, conv2: { ...conv, offset: zeros([64]) } };
      const x = half(2, 9, 11, 64);
      differentiate(residualBlock(x, { ...convs, slope: zeros([64]), lastSlope: zeros([1]) }), [x]);
      for (const [m, n, k] of [
        [33, 17, 19],
        [64, 40, 72],
        [64, 64, 8192],
      ] as const) {
        matmul(half(m, k), half(k, n));
        matmul(half(k, m), half(n, k), { transposeA: true, transposeB: true });
      }
    });
  }
}

/** The convolution to a few channels, which asks for matrices and so for itself; as much of it as 16 KiB hold. */
function launchFewChannels(gpu: Gpu): void {
  if (!gpu.device.features.has('shader-f16')) return;
  const half = (...shape: number[]) => cast(zeros(shape), 'f16');
  const options = { padding: 0, paddingMode: 'reflect' } as const;
  const [x, w] = [half(1, 17, 18, 64), half(1, 1, 64, 3)];
  const geometry = convGeometry('conv2d', x.shape, w.shape, options);
  for (const bias of [zeros([3]), undefined]) fewChannelsForward(geometry, x, w, { bias });
}

function launchNorms(gpu: Gpu): void {
  const has = (feature: string) => gpu.device.features.has(feature);
  for (const { name, enables } of totalFamily.variants)
    if (enables.every(has)) withVariant('total', name, () => launchNormVariants(gpu));
}

function launchNormVariants(gpu: Gpu): void {
  for (const { name, supports } of normFamily.variants) {
    if ((supports?.({ outer: 2, rows: 42, channels: 4, eps: 1e-5 }, gpu) ?? true) !== true) continue;
    withVariant('norm', name, () => {
      for (const c of [3, 8]) {
        const image = [2, 7, 6, c];
        launch((x, s, r) => adain(x!, s!, { relu: true, residual: r }), image, [2, 2 * c], image);
        const norm = { train: true, slope: 0.2 };
        launch((x, w, b) => batchNorm(x!, w!, b!, zeros([c]), zeros([c]), norm), image, [c], [c]);
        // so many terms that they are added in pieces, which the norm merges
        const [x, weight] = [zeros([2, 7, 6, 916]), zeros([3, 3, 916, c])];
        const conv = { weight: cast(weight, activations), bias: zeros([c]), options: { padding: 1 } };
        const residual = zeros(image, { dtype: activations });
        noGrad(() => convAdain(cast(x, activations), conv, zeros([2, 2 * c]), { relu: true, residual }));
      }
    });
  }
}

function launchTraining(): void {
  const layer = new Linear(4, 3);
  const parameters = [...layer.namedParameters()];
  const gradients = parameters.map(([, x]) => zeros(x.shape));
  noGrad(() => {
    for (const optimizer of [new Adam(parameters), new AdamW(parameters), new Sgd(parameters, { momentum: 0.9 })])
      optimizer.step(gradients);
    const scaler = new GradScaler();
    for (const optimizer of [new Adam(parameters), new Sgd(parameters)]) scaler.step(optimizer, gradients);
    new ExponentialMovingAverage(layer, new Linear(4, 3)).update(scaler);
    scaler.update();
    new ExponentialMovingAverage(layer, new Linear(4, 3)).update();
    new ExponentialMovingAverage(new BatchNorm2d(4), new BatchNorm2d(4)).update();
  });
}

/** Expressions that call functions of kernels/pointwise/. */
function launchExpressions(): void {
  const x = ones([4]);
  for (const op of [tanh, sin, cos, softplus]) op(x);
}

/** A checkpoint. The null backend reads back whatever its memory holds, which need not be finite. */
async function launchFiles(): Promise<void> {
  const content = liveCheckpoint({ net: new Linear(4, 3) }, { architecture: 'toy', config: {}, state: {} });
  await content.collect().catch((error) => assert.match(error.message, 'expected a finite number'));
}

function launchFaces(): void {
  const batch = { size: 48, identities: tensor(Uint32Array.of(1, 2)), attributes: tensor(Uint32Array.of(3, 4)) };
  for (const render of [renderFaces, renderMeanFaces, renderMasks, renderMaterials]) render(batch);
}

function launchPhotos(): void {
  const [photo, places] = [uploadPicture(picture(12, 9)), [cropOf(1, 2, 10, 16)]];
  const outline = Array.from({ length: OUTLINE_POINTS }, (_, k): Point => [6 + 3 * Math.cos(k), 6 + 3 * Math.sin(k)]);
  const masks = outlineMasks(placeOutlines([outline], places), 16);
  const crops = cropPictures(photo, places, 16);
  pasteBack(photo, crops, places, regionMasks(masks));
  cropBytes(crops);
  const held = holdPictures([picture(12, 9), picture(9, 4)]);
  cropStack(held.pictures as readonly GpuPicture[], [cropOf(1, 2, 10, 16), cropOf(1, 2, 3, 16)], 16, 3);
  held.dispose();
  boxesAbove({ boxes: zeros([2, 300, 4]), scores: zeros([2, 300]) }, 0.5);
}

function launchChanges(): void {
  changePictures(zeros([2, 9, 7, 3]), truth.pictures, zeros([2, PICTURE_CHANGE_ROW]));
  const rows = zeros([2, FACE_CHANGE_ROW]);
  changeFaces(zeros([2, 9, 9, 3]), photographChanges, rows);
  changeMaps(zeros([2, 9, 9, 1]), photographChanges, rows, 3);
}

for (const profile of ['full', 'browser'] as const) {
  const texts: string[] = [];
  for (const software of [true, false]) {
    test(`${profile} limits, ${software ? 'software' : 'hardware'} variants`, async () => {
      const opened = await startGpu({ backend: 'null', profile });
      const device = deviceOf(opened.device, software ? 8 : 32, (code) => texts.push(code));
      const gpu = useGpu(new Gpu(device, { ...opened.adapter, software }));
      for (const type of profile === 'full' ? (['f32', 'f16'] as const) : (['f32'] as const)) {
        activations = type;
        for (const c of [3, 4]) launchSpatial(c);
        launchRest();
        launchNorms(gpu);
      }
      activations = 'f32';
      launchGemms(gpu);
      launchHalfGemms(gpu);
      launchFewChannels(gpu);
      launchTraining();
      await launchFiles();
      launchExchange(gpu);
      launchFaces();
      launchHeads();
      launchPhotos();
      launchChanges();
      launchFilms();
      launchExpressions();
      await gpu.sync();
      gpu.destroy();
    });
  }

  test(`${profile} limits: nothing was forgotten`, () => {
    // Default limits come without features, so a kernel that needs subgroups has another one in its place. The null
    // backend has no more bindings than the default: what needs them is compiled by the tests that run it.
    const forSubgroups = /^gemm(LoadTransposed(Wide|Four)|Walk)/;
    const expected = Object.entries(kernels)
      .filter(([, text]) => !text.includes("more bindings than WebGPU's default"))
      .filter(([name, text]) => profile === 'full' || !(text.includes('subgroup') || forSubgroups.test(name)));
    // By their headers: unrolled loops leave nothing else of a text as it is.
    const header = (text: string) => text.split('\n', 1)[0] as string;
    const missed = expected.filter(([, text]) => !texts.some((code) => code.includes(header(text))));
    assert.equal(
      missed.map(([name]) => name),
      [],
      'kernels that nothing above launched',
    );
  });
}

test.run();
