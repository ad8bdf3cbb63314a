/** @file What goes wrong on a device is told by the name of the kernel, and as an error of its own kind. */
import {
  AdapterError,
  DeviceLostError,
  linearGrid,
  openGpu,
  type Program,
  recordStep,
  useGpu,
  ValidationError,
  VisageError,
} from '@visage/gpu';
import { startGpu } from '@visage/gpu/node';
import { record, scope, tensor } from '@visage/tensor';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('errors of a device');

/** A kernel of one binding. */
const kernel = (name: string, body: string) => ({
  name,
  parts: [
    '@group(0) @binding(0) var<storage, read_write> out : array<f32>;',
    `@compute @workgroup_size(1) fn main() { ${body} }`,
  ],
});

/** The error that a promise ends with. */
const errorOf = async (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => assert.unreachable('no error') as never,
    (error: Error) => error,
  );

test('a kernel that does not compile is named, with its text', async () => {
  const gpu = await startGpu();
  gpu.dispatch({ program: kernel('test/broken', 'out[0] = unknown;'), buffers: [gpu.alloc(4)], grid: [1, 1, 1] });
  const error = await errorOf(gpu.sync());
  assert.instance(error, ValidationError);
  assert.match(error.message, /^test\/broken: .*unknown/s);
  assert.match(error.message, /out\[0\] = unknown/);
  gpu.destroy();
});

test('a step compiles its kernels before its first run if it is asked to, and names one that does not compile', async () => {
  const gpu = await startGpu();
  const buffer = gpu.alloc(4);
  const step = (program: Program) =>
    recordStep(
      () => gpu.dispatch({ program, buffers: [buffer], grid: [1, 1, 1] }),
      () => [],
    );
  const good = step(kernel('test/good', 'out[0] = 7.0;'));
  await good.ready();
  good.run();
  assert.equal([...new Float32Array(await gpu.read(buffer))], [7]);
  const error = await errorOf(step(kernel('test/broken', 'out[0] = unknown;')).ready());
  assert.instance(error, ValidationError);
  assert.match(error.message, /^test\/broken: .*unknown/s);
  gpu.destroy();
});

test('in debug mode a launch that the device refuses is named', async () => {
  const gpu = await startGpu({ debug: true });
  const good = { program: kernel('test/good', 'out[0] = 1.0;'), grid: linearGrid(1) };
  const buffer = gpu.alloc(4);
  gpu.dispatch({ ...good, buffers: [buffer] });
  assert.equal([...new Float32Array(await gpu.read(buffer))], [1]);
  const program = kernel('test/refused', 'out[0] = 2.0;');
  gpu.dispatch({ program, buffers: [buffer, gpu.alloc(4)], grid: good.grid });
  const error = await errorOf(gpu.sync());
  assert.instance(error, ValidationError);
  assert.match(error.message, /test\/refused/);
  gpu.dispatch({ ...good, buffers: [buffer] });
  await gpu.sync();
  gpu.destroy();
});

test('debug mode computes the same bits, eagerly and replayed', async () => {
  const compute = async (debug: boolean) => {
    const gpu = await startGpu({ debug });
    const x = tensor([1, 2, 3]);
    const step = record(() => x.mul(x).add(0.1).sqrt());
    const result = [...(await step.run().floats()), ...(await x.mul(x).add(0.1).sqrt().floats())];
    gpu.destroy();
    return result;
  };
  assert.equal(await compute(true), await compute(false));
});

test('a lost device is an error of its own, whether one reads, waits or launches', async () => {
  const gpu = await startGpu();
  const x = tensor([1, 2]);
  gpu.device.destroy();
  assert.instance(await errorOf(x.floats()), DeviceLostError);
  assert.instance(await errorOf(gpu.sync()), DeviceLostError);
  assert.throws(
    () => x.add(1),
    (error: Error) => error instanceof DeviceLostError,
  );
});

test('no WebGPU, no adapter, and an adapter that gives no device', async () => {
  const nowhere = await errorOf(openGpu(undefined));
  assert.instance(nowhere, AdapterError);
  assert.match(nowhere.message, /navigator\.gpu is undefined.*https.*startGpu/);
  const none = { requestAdapter: async () => null } as unknown as GPU;
  const error = await errorOf(openGpu(none));
  assert.instance(error, AdapterError);
  assert.match(error.message, /npm run setup/);
  const gpu = await startGpu();
  const stingy = {
    info: { vendor: '', architecture: '', device: '', description: 'Stingy' },
    limits: {},
    features: new Set(),
    requestDevice: () => Promise.reject(new Error('too many devices')),
  };
  const refused = await errorOf(openGpu({ requestAdapter: async () => stingy } as unknown as GPU));
  assert.instance(refused, AdapterError);
  assert.match(refused.message, 'Stingy gave no device: too many devices');
  gpu.destroy();
});

test('async functions are refused, in scopes and in traced steps', async () => {
  const gpu = useGpu(await startGpu());
  const { live } = gpu.memory;
  const late = async () => {
    const x = tensor([1]);
    await Promise.resolve();
    return x.add(1);
  };
  assert.throws(() => scope(late), /^scope: the function is async/);
  assert.throws(() => record(late), /^record: the function is async/);
  assert.is(gpu.memory.live, live);
  gpu.destroy();
});

test('a tensor beyond the limit of the adapter is refused before it is made', async () => {
  const gpu = await startGpu({ profile: 'browser' });
  assert.equal(
    [...gpu.device.features].filter((name) => name !== 'core-features-and-limits'),
    [],
  );
  assert.throws(
    () => gpu.alloc(128 * 2 ** 20 + 4),
    (error: Error) => error instanceof VisageError && /at most 128\.0 MiB on this adapter/.test(error.message),
  );
  gpu.destroy();
});

test.run();
