/** @file Recorded steps with and without fused launches: fewer launches, the same bits. */
import { type Command, Gpu, GpuBuffer, onGpu, packBuffers, type RecordedStep, VisageError } from '@visage/gpu';
import { startGpu } from '@visage/gpu/node';
import { Adam, GradScaler } from '@visage/nn';
import {
  assign,
  avgPool2d,
  cast,
  conv2d,
  grad,
  instanceNorm,
  keep,
  leakyRelu,
  matmul,
  maxPool2d,
  mean,
  mul,
  noGrad,
  pad2d,
  record,
  resize,
  sum,
  type Tensor,
  tensor,
  transpose,
} from '@visage/tensor';
import { suite } from 'uvu';
import { equal, is, ok } from 'uvu/assert';
import { Faults } from '../../packages/gpu/src/launch/faults.ts';
import { type Launch, LaunchGroup } from '../../packages/gpu/src/record/launchGroup.ts';
import { deviceOf } from '../helpers/nullDevice.ts';
import { hostRandom } from '../helpers/random.ts';
import { toyTraining } from '../helpers/toyTraining.ts';

const test = suite('fused launches');
const plain = await startGpu({ deterministic: true });
const fusing = await startGpu({ deterministic: true, fuse: true });
const narrow = await startGpu({ deterministic: true, fuse: true, profile: 'browser' });
const devices = [plain, fusing, narrow];

test.after(async () => {
  for (const gpu of devices) {
    await gpu.sync();
    gpu.destroy();
  }
});

const bitsOf = async (x: Tensor): Promise<number[]> => [...new Uint32Array((await x.floats()).slice().buffer)];

function noise(seed: number, ...shape: number[]): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(hostRandom(seed).normals(size, 1), shape);
}

const namesOf = (step: RecordedStep<unknown>): string[] => step.commands.map(({ command }) => command.pipeline.name);

/** Records on a device, replays twice, and reads the results. */
async function replayed(gpu: Gpu, make: () => () => Tensor[]): Promise<{ names: string[]; bits: number[][] }> {
  const step = onGpu(gpu, () => record(make()));
  step.run();
  const bits = await Promise.all(step.run().map(bitsOf));
  const names = namesOf(step);
  step.dispose();
  return { names, bits };
}

/** A computation of a family of kernels, and the shapes of its inputs. */
type Case = readonly [compute: (...inputs: Tensor[]) => Tensor[], ...shapes: number[][]];

const derived = (fn: (...inputs: Tensor[]) => Tensor, ...inputs: Tensor[]): Tensor[] => {
  for (const x of inputs) x.requiresGrad = true;
  const y = fn(...inputs);
  return [y.detach(), ...grad(sum(y.square()), inputs)];
};

const FAMILIES: Readonly<Record<string, Case>> = {
  'gemm/conv2d': [(x, w) => [conv2d(x!, w!, undefined, { padding: 1 })], [1, 6, 6, 4], [3, 3, 4, 4]],
  'gemm/conv2dInputGrad': [(x, w) => derived((a) => conv2d(a, w!), x!).slice(1), [1, 6, 6, 4], [3, 3, 4, 4]],
  'gemm/conv2dWeightGrad': [(x, w) => derived((a) => conv2d(x!, a), w!).slice(1), [1, 6, 6, 4], [3, 3, 4, 4]],
  'gemm/matmul': [(a, b) => [matmul(a!, b!)], [5, 7], [7, 3]],
  'norm/': [(x) => derived((a) => instanceNorm(a), x!), [2, 5, 5, 4]],
  'reduce/sum': [(x) => [mean(x!, [1])], [3, 9, 4]],
  'pointwise/mul': [(x) => [mul(x!, 0.3)], [40]],
  'cast/': [(x) => [cast(x!, 'f16')], [40]],
  'shape/': [(x) => [transpose(x!)], [33, 34]],
  'resize/bilinear': [(x) => derived((a) => resize(a, [8, 8]), x!), [1, 4, 4, 4]],
  'pool/average': [(x) => derived((a) => avgPool2d(a, { kernel: 2 }), x!), [1, 4, 4, 4]],
  'pool/max': [(x) => derived((a) => maxPool2d(a, { kernel: 2 }), x!), [1, 4, 4, 4]],
  'pad/': [(x) => derived((a) => pad2d(a, 1, 'reflect'), x!), [1, 4, 4, 4]],
};

for (const [family, [compute, ...shapes]] of Object.entries(FAMILIES)) {
  test(`two computations with ${family} take fewer launches and give the same bits`, async () => {
    const both = () => {
      const inputs = (seed: number) => shapes.map((shape, k) => noise(seed + k, ...shape));
      const [one, other] = [inputs(1), inputs(5)];
      return () => [...compute(...one), ...compute(...other)];
    };
    const [apart, fused] = [await replayed(plain, both), await replayed(fusing, both)];
    equal(fused.bits, apart.bits);
    ok(fused.names.length < apart.names.length);
    ok(
      fused.names.some((name) => name.startsWith('2 x ') && name.includes(family)),
      fused.names.join(', '),
    );
  });
}

/** A network's step with an optimizer and a scaler, which change what lies outside the step. */
function update(): () => Tensor[] {
  const sizes = [5, 6, 7].map((n, k) => keep(noise(k, n)));
  for (const x of sizes) x.requiresGrad = true;
  const optimizer = new Adam(new Map(sizes.map((x, k) => [`x${k}`, x])), { learningRate: 0.1 });
  const scaler = new GradScaler();
  return () => {
    const losses = sizes.map((x) => sum(leakyRelu(x, 0.2).square()));
    const loss = losses.reduce((a, b) => a.add(b));
    scaler.step(optimizer, grad(scaler.scale(loss), sizes));
    scaler.update();
    return [loss.detach(), ...sizes.map((x) => x.detach().mul(1))];
  };
}

test('an optimizer and a loss scaler change the same bits', async () => {
  const [apart, fused] = [await replayed(plain, update), await replayed(fusing, update)];
  equal(fused.bits, apart.bits);
  ok(fused.names.length < apart.names.length);
});

test('three steps of a training with most kernels change the same bits, under default limits too', async () => {
  const trained = async (gpu: Gpu) => {
    const training = onGpu(gpu, () => toyTraining());
    const step = onGpu(gpu, () => record(() => training.step()));
    for (let k = 0; k < 3; k++) step.run();
    const bits = await Promise.all(training.state.map(bitsOf));
    const { dispatches, commands } = step;
    const most = Math.max(...commands.map(({ command }) => command.buffers.length));
    step.dispose();
    training.dispose();
    return { bits, dispatches, most };
  };
  const [apart, fused, few] = [await trained(plain), await trained(fusing), await trained(narrow)];
  equal(fused.bits, apart.bits);
  ok(fused.dispatches < 0.8 * apart.dispatches, `${fused.dispatches} of ${apart.dispatches}`);
  ok(few.dispatches < apart.dispatches, `${few.dispatches} of ${apart.dispatches}`);
  is(few.most, 8, 'the default limit of storage buffers');
});

test('launches that fill one tensor become one', async () => {
  const strided = () => {
    const [x, w] = [noise(1, 1, 7, 7, 4), noise(2, 3, 3, 4, 4)];
    return () => derived((a) => conv2d(a, w, undefined, { stride: 2, padding: 1 }), x).slice(1);
  };
  const [apart, fused] = [await replayed(plain, strided), await replayed(fusing, strided)];
  equal(fused.bits, apart.bits);
  is(apart.names.filter((name) => name === 'gemm/conv2dInputGrad').length, 4, 'one for each class of pixels');
  ok(
    fused.names.some((name) => name.includes('4 x gemm/conv2dInputGrad')),
    fused.names.join(', '),
  );
});

test('what depends on each other stays apart and in order', async () => {
  const chain = () => {
    const [x, other] = [keep(noise(1, 40)), keep(noise(2, 40))];
    return () => {
      const before = x.mul(2);
      noGrad(() => assign(x, other)); // overwrites what the launch before it reads
      return [before, x.mul(3).add(1)];
    };
  };
  const [apart, fused] = [await replayed(plain, chain), await replayed(fusing, chain)];
  equal(fused.bits, apart.bits);
  equal(fused.names, apart.names);
});

test('a launch that reads one tensor and one that writes another in the same memory stay apart', async () => {
  const packed = () => {
    const [x, y, other] = [keep(noise(1, 40)), keep(noise(2, 40)), noise(3, 40)];
    packBuffers(x.gpu, [x.buffer, y.buffer]);
    return () => {
      noGrad(() => assign(y, other));
      return [x.mul(2)];
    };
  };
  const [apart, fused] = [await replayed(plain, packed), await replayed(fusing, packed)];
  equal(fused.bits, apart.bits);
  is(fused.names.length, 2);
});

test('products on subgroup matrices compile when they are fused', async () => {
  const { device, adapter } = await startGpu({ backend: 'null' });
  const compiler = new Gpu(deviceOf(device, 32), { ...adapter, software: false }, { deterministic: true, fuse: true });
  const step = onGpu(compiler, () => {
    const [x, w] = [cast(noise(1, 4, 16, 16, 64), 'f16'), cast(noise(2, 3, 3, 64, 64), 'f16')];
    const inputs = [keep(x), keep(w), keep(x.mul(2)), keep(w.mul(2))] as const;
    return record(() => [conv2d(inputs[0], inputs[1]), conv2d(inputs[2], inputs[3])]);
  });
  await step.ready();
  const fused = step.commands.find(({ command }) => command.pipeline.name === '2 x gemm/conv2d');
  equal(fused?.command.program.enables, ['f16', 'subgroups', 'chromium_experimental_subgroup_matrix']);
  await compiler.sync();
  compiler.destroy();
});

test('a group has no more bindings than it may have, whichever of its launches is ready first', () => {
  const launch = (memory: string, ...keys: string[]) =>
    ({ command: { buffers: [], pipeline: { writes: [] } }, kernel: { size: '64', memory }, keys }) as unknown as Launch;
  const [plainFirst, first, small] = [launch('', 'a', 'b'), launch('f32', 'c', 'd'), launch('', 'c')];
  const group = new LaunchGroup(first, 3);
  for (const each of [plainFirst, first, small]) group.add(each);
  equal(group.members, [first, small]);
});

test('a failure spoils the results of its part of a fused launch only', () => {
  const [a, b, c, d] = Array.from({ length: 4 }, () => new GpuBuffer(4)) as [
    GpuBuffer,
    GpuBuffer,
    GpuBuffer,
    GpuBuffer,
  ];
  const launch = (buffers: GpuBuffer[]) => ({ buffers, pipeline: { writes: [true, false] } }) as unknown as Command;
  const fused = { ...launch([]), parts: [launch([a, b]), launch([c, d])] };
  const [faults, error] = [new Faults(), new VisageError('refused')];
  faults.add(error);
  b.spoil(error);
  faults.settle([fused]);
  is(a.failure, error);
  is(c.failure, undefined);
});

test.run();
