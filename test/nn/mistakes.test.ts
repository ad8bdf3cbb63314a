/** @file Layers, optimizers and files refuse options that they do not have and values that make no sense, by name. */
import {
  Adam,
  AdamW,
  BatchNorm1d,
  BatchNorm2d,
  Conv2d,
  ConvTranspose2d,
  clipGradientNorm,
  constantSchedule,
  cosineSchedule,
  GradScaler,
  HostRandom,
  kaimingUniform,
  Linear,
  leaky,
  loadModule,
  normal,
  PReLU,
  Sequential,
  Sgd,
  SpectralConv2d,
  saveCheckpoint,
  saveModule,
  stepSchedule,
} from '@visage/nn';
import { ones, type Tensor } from '@visage/tensor';
import { equal, is, ok } from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';
import { any, errorOf, type Mistake, refusesEach } from '../helpers/mistakes.ts';

const { test } = await gpuSuite('mistakes with layers and optimizers');

const layer = new Linear(2, 2);
const parameters = [...layer.namedParameters()];
const file = await saveModule(layer, { architecture: 'linear', config: {} });

const MISTAKES: readonly Mistake[] = [
  ['dilation', () => new Conv2d(3, 4, 3, any({ dilation: 2 })), /^Conv2d: option 'dilation' is 2, .*not built/],
  ['channels and kernel', () => new Conv2d(3, 4, 1.5), /^Conv2d: kernel is 1.5/],
  ['no channels', () => new Conv2d(0, 4, 1), /^Conv2d: inChannels is 0/],
  ['groups', () => new Conv2d(3, 4, 1, { groups: 2 }), /^Conv2d: groups is 2, expected a divisor of 3 and 4/],
  ['bias', () => new Conv2d(3, 4, 1, { bias: any('no') }), /^Conv2d: bias is 'no'/],
  ['output padding', () => new ConvTranspose2d(3, 4, 3, any({ outputPadding: 1 })), /'outputPadding'.*not built/],
  ['transposed groups', () => new ConvTranspose2d(3, 4, 3, { groups: 2 }), /^ConvTranspose2d: groups is 2/],
  ['iterations', () => new SpectralConv2d(3, 4, 3, { iterations: 0 }), /^SpectralConv2d: iterations is 0/],
  ['momentum', () => new BatchNorm2d(4, { momentum: -1 }), /^BatchNorm2d: momentum is -1/],
  ['affine', () => new BatchNorm2d(4, any({ affine: false })), /^BatchNorm2d: option 'affine' is false/],
  ['images in a norm of vectors', () => new BatchNorm1d(4).forward(ones([1, 2, 2, 4])), /^BatchNorm1d: x is/],
  ['features', () => new Linear(4, any(undefined)), /^Linear: outFeatures is undefined/],
  ['a map of another size', () => new Linear(8, 2, { flattened: [2, 2, 3] }), /^Linear: flattened is \[2, 2, 3\]/],
  ['slopes', () => new PReLU(0), /^PReLU: slopes is 0/],
  ['a negative slope', () => leaky(-0.1), /^leaky: slope is -0.1/],
  ['a step that is none', () => new Sequential(layer, any('relu')), /^Sequential: steps\[1\] is 'relu'/],
  ['lr', () => new Adam(parameters, any({ lr: 1 })), /^Adam: option 'lr' is 1, .*It is called learningRate/],
  ['amsgrad', () => new AdamW(parameters, any({ amsgrad: true })), /^AdamW: option 'amsgrad'.*not built/],
  ['one beta', () => new Adam(parameters, { betas: any([0.9]) }), /^Adam: betas is \[0.9\], expected two numbers/],
  ['a rate that is no number', () => new Adam(parameters, { learningRate: any('0.1') }), /learningRate is '0.1'/],
  ['tensors without names', () => new Sgd(any(layer.parameters()), {}), /^Sgd: parameters is .* pairs of a name/],
  ['nesterov alone', () => new Sgd(parameters, { nesterov: true }), /^Sgd: momentum is 0, .*nesterov/],
  ['one gradient', () => new Sgd(parameters).step(any(ones([2]))), /^Sgd: gradients is Tensor/],
  ['growth', () => new GradScaler(any({ growth: 2 })), /^GradScaler: option 'growth'/],
  ['no rate', () => constantSchedule(any({ learningRate: 1 })), /^constantSchedule: option 'learningRate'/],
  ['half a step', () => cosineSchedule({ rate: 1, steps: 0.5 }), /^cosineSchedule: steps is 0.5/],
  ['one milestone', () => stepSchedule({ rate: 1, milestones: any(3) }), /^stepSchedule: milestones is 3/],
  ['clipping one tensor', () => clipGradientNorm(any(ones([2])), 1), /^clipGradientNorm: gradients is Tensor/],
  ['no seed', () => new HostRandom(any(undefined)), /^HostRandom: seed is undefined/],
  ['values of no shape', () => normal([0]), /^initialiser: shape is \[0\]/],
  ['no fan', () => kaimingUniform([2], 0), /^kaimingUniform: fanIn is 0/],
  ['strict loading', () => loadModule(layer, file, any({ strict: false })), /^loadModule: option 'strict'/],
  [
    'what to do with others',
    () => loadModule(layer, file, { unexpected: any('skip') }),
    /^loadModule: unexpected is 'skip'/,
  ],
];

refusesEach(test, MISTAKES);

test('files are not written in types that there are not', async () => {
  const description = { architecture: 'linear', config: {} };
  const half = await errorOf(() => saveModule(layer, { ...description, storage: any('bf16') }));
  ok(/^saveModule: storage is 'bf16'/.test(half?.message ?? ''), half?.message);
  const extra = await errorOf(() => saveCheckpoint({}, any({ ...description, state: 1, stat: 2 })));
  ok(/^saveCheckpoint: option 'stat'/.test(extra?.message ?? ''), extra?.message);
});

test('a transposed convolution has groups', async () => {
  const grouped = new ConvTranspose2d(4, 6, 3, { groups: 2, bias: false, stride: 2 });
  equal(grouped.weight.shape, [3, 3, 3, 4]);
  equal(grouped.forward(ones([1, 2, 2, 4])).shape, [1, 5, 5, 6]);
  const weight = grouped.weight as Tensor;
  weight.write(new Float32Array(weight.size).fill(1));
  is((await grouped.forward(ones([1, 1, 1, 4])).floats())[0], 2); // the two channels of its group
});

test.run();
