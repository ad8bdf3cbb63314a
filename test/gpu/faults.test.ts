/**
 * @file One failure spoils what depends on it and nothing else: it is named where that is read, and the device goes on.
 */
import {
  DeviceLostError,
  type Gpu,
  type GpuBuffer,
  OutOfMemoryError,
  type Program,
  recordStep,
  ValidationError,
} from '@visage/gpu';
import { startGpu } from '@visage/gpu/node';
import { Adam } from '@visage/nn';
import { add, assign, noGrad, ones, record, scope, sum, type Tensor, tensor } from '@visage/tensor';
import { equal, instance, is, match, ok, throws } from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';

const { test, gpu } = await gpuSuite('failures');

/** A kernel that reads binding 1 into binding 0. */
const kernel = (name: string, body: string): Program => ({
  name,
  parts: [
    '@group(0) @binding(0) var<storage, read_write> out : array<f32>;',
    '@group(0) @binding(1) var<storage, read> x : array<f32>;',
    `@compute @workgroup_size(1) fn main() { ${body} }`,
  ],
});

let texts = 0;

/** A kernel that does not compile, of a text that no other has: what is known of one is known of all of its text. */
const broken = (name: string) => kernel(name, `out[0] = x[0] + nowhere${texts++};`);

/** Launches a kernel on x and returns what it makes. */
function launch(program: Program, x: GpuBuffer, on: Gpu = gpu): GpuBuffer {
  const out = on.alloc(4);
  on.dispatch({ program, buffers: [out, x], grid: [1, 1, 1] });
  return out;
}

const firstOf = async (buffer: GpuBuffer): Promise<number> => new Float32Array(await gpu.read(buffer))[0] as number;

/** The error that a promise ends with. */
const errorOf = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => {
      throw new Error('it went well');
    },
    (error: Error) => error,
  );

test('a kernel that does not compile spoils its result and what is computed from it, not its neighbours', async () => {
  const x = gpu.upload(Float32Array.of(3));
  const before = launch(kernel('test/before', 'out[0] = x[0] * 2.0;'), x);
  const program = broken('test/bad');
  const bad = launch(program, x);
  const after = launch(kernel('test/before', 'out[0] = x[0] * 2.0;'), x);
  const further = launch(kernel('test/after', 'out[0] = x[0] * 2.0;'), bad);
  is(await firstOf(before), 6);
  is(await firstOf(after), 6, 'issued before anybody knew of the failure');
  for (const spoiled of [bad, further, bad]) {
    const error = await errorOf(gpu.read(spoiled));
    instance(error, ValidationError);
    match(error.message, /^test\/bad: .*nowhere/s);
  }
  match((await errorOf(gpu.read(launch(kernel('test/after', 'out[0] = x[0] * 2.0;'), bad)))).message, /^test\/bad/);
  throws(() => launch(program, x), /^test\/bad: /, 'once it is known, the call itself throws');
  await gpu.sync(); // told already
  is(await firstOf(launch(kernel('test/before', 'out[0] = x[0] * 2.0;'), x)), 6);
});

test('a failure that nobody reads is told once where one waits', async () => {
  const x = gpu.upload(Float32Array.of(3));
  launch(broken('test/unread'), x);
  match((await errorOf(gpu.sync())).message, /^test\/unread: /);
  await gpu.sync();
  launch(broken('test/checked'), x);
  is(await firstOf(x), 3, 'who reads something else is not bothered');
  throws(() => gpu.check(), /^test\/checked: /);
  gpu.check();
});

test('bindings that are too small for a kernel that is fine otherwise', async () => {
  const program: Program = {
    name: 'test/sixteen',
    parts: [
      '@group(0) @binding(0) var<storage, read_write> out : array<f32>;',
      '@group(0) @binding(1) var<storage, read> x : array<vec4f>;',
      '@compute @workgroup_size(1) fn main() { out[0] = x[0].x; }',
    ],
  };
  const [right, small] = [gpu.upload(Float32Array.of(7, 0, 0, 0)), gpu.upload(Float32Array.of(1))];
  is(await firstOf(launch(program, right)), 7);
  const bad = launch(program, small);
  const good = launch(program, right);
  is(await firstOf(good), 7);
  match((await errorOf(gpu.read(bad))).message, /^test\/sixteen: .*too small/s);
  throws(() => launch(program, small), /^test\/sixteen: /);
  is(await firstOf(launch(program, right)), 7);
});

test('one binding more than the kernel has, and one buffer both read and written', async () => {
  const x = gpu.upload(Float32Array.of(3));
  const program = kernel('test/bound', 'out[0] = x[0];');
  const out = gpu.alloc(4);
  gpu.dispatch({ program, buffers: [out, x, x], grid: [1, 1, 1] });
  match((await errorOf(gpu.read(out))).message, /^test\/bound: /);
  gpu.dispatch({ program, buffers: [x, x], grid: [1, 1, 1] });
  match((await errorOf(gpu.read(x))).message, /^test\/bound: /);
  gpu.write(x, Float32Array.of(5));
  is(await firstOf(x), 5, 'what the host overwrites is whole again');
  is(await firstOf(launch(program, x)), 5);
});

const badOp = (x: Tensor): Tensor => {
  const out = ones([1], { gpu: x.gpu }); // something that a refused launch would leave as it is
  x.gpu.dispatch({ program: broken('test/op'), buffers: [out.buffer, x.buffer], grid: [1, 1, 1] });
  return out;
};

test('tensors updated in place stay spoiled until they are replaced', async () => {
  await scope(() => {
    const w = tensor([1], [1], { requiresGrad: true });
    const bystander = tensor([2], [1], { requiresGrad: true });
    const optimizer = new Adam([['w', w]], { learningRate: 1 });
    const other = new Adam([['bystander', bystander]], { learningRate: 1 });
    noGrad(() => optimizer.step([badOp(tensor([1]))]));
    other.step([tensor([1])]);
    return [w, bystander, optimizer.stateDict().get('w.exp_avg') as Tensor];
  }).reduce(async (before, x, at) => {
    await before;
    if (at === 1) ok(Math.abs((await x.item()) - 1) < 1e-6);
    else match((await errorOf(x.item())).message, /^test\/op: /);
    if (at !== 0) return;
    noGrad(() => assign(x, tensor([4])));
    is(await x.item(), 4, 'assigned anew');
  }, Promise.resolve());
});

test('a recorded step with a kernel that does not compile says so at each run, and other steps go on', async () => {
  const x = tensor([1, 2]);
  const [good, bad] = [record(() => x.mul(3)), record(() => add(x, badOp(x)))];
  bad.run();
  good.run();
  equal([...(await good.result.floats())], [3, 6]);
  match((await errorOf(bad.result.floats())).message, /^test\/op: /);
  for (let k = 0; k < 2; k++) {
    throws(() => bad.run(), /^test\/op: /);
    match((await errorOf(bad.ready())).message, /^test\/op: /);
  }
  good.run();
  equal([...(await good.result.floats())], [3, 6]);
  for (const step of [good, bad]) step.dispose();
});

test('a recorded step over a spoiled input is spoiled, and whole again with a new input', async () => {
  const x = tensor([1]);
  const frozen = tensor([2]);
  frozen.buffer.steady = true; // its square is a constant of the steps
  const steps = [1, 2].map((k) => record(() => sum(x.mul(frozen.mul(frozen))).mul(k)));
  for (const step of steps) step.run();
  const results = () =>
    Promise.all(
      steps.map((step) =>
        step
          .run()
          .item()
          .catch((error: Error) => error.message.split(':')[0]),
      ),
    );
  equal(await results(), [4, 8]);
  for (const target of [x, frozen]) {
    noGrad(() => assign(target, badOp(target)));
    equal(await results(), ['test/op', 'test/op']);
    target.write(Float32Array.of(3));
    const [first] = await results();
    is(first, target === x ? 12 : 27);
  }
  for (const step of steps) step.dispose();
});

test('many steps issued before the failure is known', async () => {
  const x = tensor([1]);
  const total = tensor([0]);
  const step = record(() => {
    assign(total, total.add(x));
    return total.mul(1);
  });
  for (let k = 0; k < 50; k++) step.run();
  is(await step.result.item(), 50);
  noGrad(() => assign(x, badOp(x)));
  for (let k = 0; k < 50; k++) step.run();
  match((await errorOf(total.item())).message, /^test\/op: /);
  match((await errorOf(step.result.item())).message, /^test\/op: /);
  total.write(Float32Array.of(0));
  x.write(Float32Array.of(2));
  step.run();
  is(await step.result.item(), 2);
  step.dispose();
});

test('memory that the device does not have: named, for what should lie there alone', async () => {
  const { device } = gpu;
  const create = device.createBuffer;
  const half = tensor([1, 2]);
  gpu.trim();
  const sample = gpu.alloc(4 * 77_000);
  const size = sample.resource?.size as number;
  gpu.release(sample);
  gpu.trim();
  // Buffers of that size are refused, as they would be for want of memory: what a software adapter has is the
  // machine's.
  device.createBuffer = (descriptor) =>
    create.call(device, descriptor.size === size ? { ...descriptor, usage: 0 } : descriptor);
  try {
    await gpu.sync();
    const x = ones([77_000]);
    const y = half.add(1);
    equal([...(await y.floats())], [2, 3]);
    const error = await errorOf(x.floats());
    instance(error, OutOfMemoryError);
    match(error.message, /^alloc: the device gave no memory for a buffer of 0\.3 MiB/);
    const { live, cached } = gpu.memory;
    x.dispose();
    is(gpu.memory.live, live - size);
    is(gpu.memory.cached, cached, 'what is no memory is not kept for reuse');
    instance(await errorOf(tensor(new Float32Array(77_000).fill(2)).floats()), OutOfMemoryError);
    const step = record(() => tensor(new Float32Array(77_000).fill(2)).mul(2));
    step.run();
    instance(await errorOf(step.result.floats()), OutOfMemoryError);
    throws(() => step.run(), /^alloc: /);
    step.dispose();
    equal([...(await half.add(2).floats())], [3, 4]);
  } finally {
    device.createBuffer = create;
  }
  await gpu.sync().catch(() => undefined);
  is((await ones([77_000]).floats())[76_999], 1, 'once there is memory again');
});

test('only the loss of a device is final, and each call says so', async () => {
  const lost = await startGpu({ deterministic: true });
  const [x, step] = [tensor([1]), record(() => tensor([1]).mul(2))];
  lost.destroy();
  await lost.device.lost;
  const isLost = (error: Error) => error instanceof DeviceLostError;
  for (const call of [() => x.add(1), () => x.write(Float32Array.of(1)), () => step.run(), () => tensor([1])])
    throws(call, isLost);
  for (const call of [() => x.floats(), () => lost.sync(), () => step.ready()])
    ok(isLost(await errorOf(call())), String(call));
  const other = gpu.upload(Float32Array.of(3));
  is(await firstOf(launch(kernel('test/before', 'out[0] = x[0] * 2.0;'), other)), 6, 'the first device goes on');
  recordStep(
    () => launch(kernel('test/before', 'out[0] = x[0] * 2.0;'), other),
    (made) => [made],
  ).dispose();
});

test.run();
