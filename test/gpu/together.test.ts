/** @file Buffers that were moved side by side: their values, whoever holds them, and whose memory it is. */
import { type Gpu, GpuBuffer, layTogether, spaced } from '@visage/gpu';
import { add, assign, keep, matmul, record, scope, type Tensor, tensor } from '@visage/tensor';
import { launchMap, moveTogether } from '@visage/tensor/kernels';
import { equal, is, ok, throws } from 'uvu/assert';
import { BufferPool } from '../../packages/gpu/src/memory/pool.ts';
import { gpuSuite } from '../helpers/gpu.ts';
import { hostRandom } from '../helpers/random.ts';

const { test, gpu } = await gpuSuite('buffers side by side');

const SIZES = [3, 64, 1, 200, 130];
const make = (seed = 1): Tensor[] => SIZES.map((size, k) => keep(tensor(hostRandom(seed + k).normals(size))));
const valuesOf = (xs: readonly Tensor[]) => Promise.all(xs.map(async (x) => [...(await x.floats())]));
const disposeAll = (xs: readonly { dispose(): void }[]) => {
  for (const x of xs) x.dispose();
};

test('values and writes are those of before; the memory goes back with the last of them', async () => {
  const live = gpu.memory.live;
  const xs = make();
  const before = await valuesOf(xs);
  moveTogether(xs);
  equal(await valuesOf(xs), before);
  let end = 0;
  for (const { buffer } of xs) {
    is(buffer.whole, xs[0]!.buffer.whole);
    is(buffer.offset, end);
    end += spaced(buffer.bytes);
  }
  xs[1]!.write(new Float32Array(64).fill(5));
  equal(await valuesOf(xs), [before[0], Array(64).fill(5), ...before.slice(2)]);
  throws(() => gpu.write(xs[1]!.buffer, new Float32Array(65)), /260 bytes do not fit into a buffer of 256/);
  const where = xs[2]!.buffer.whole;
  moveTogether([...xs].reverse());
  is(xs[2]!.buffer.whole, where, 'once together they stay');
  for (const x of xs.slice(1)) x.dispose();
  throws(() => scope(() => xs[1]!.mul(2)), /was freed/);
  equal([...(await xs[0]!.floats())], before[0]);
  xs[0]!.dispose();
  is(gpu.memory.live, live);
});

test('a scope frees what lies together as it frees other tensors', async () => {
  const live = gpu.memory.live;
  const kept = scope(() => {
    const xs = SIZES.map((size) => tensor(new Float32Array(size).fill(size)));
    moveTogether(xs);
    return xs[3]!;
  });
  equal(await kept.floats(), new Float32Array(200).fill(200));
  kept.dispose();
  is(gpu.memory.live, live);
});

test('recorded steps from before go on, with what they computed of frozen weights', async () => {
  const live = gpu.memory.live;
  const weight = keep(tensor(hostRandom(2).normals(12), [3, 4]));
  const x = keep(tensor(hostRandom(3).normals(6), [2, 3]));
  const others = make();
  weight.buffer.steady = true;
  const step = record(() => matmul(x, weight.mul(2)));
  const expected = await step.run().floats();
  moveTogether([others[0]!, weight, others[1]!]);
  equal(await step.run().floats(), expected);
  weight.write((await weight.floats()).map((value) => -value));
  equal(
    await step.run().floats(),
    expected.map((value) => -value),
  );
  disposeAll([step, weight, x, ...others]);
  is(gpu.memory.live, live);
});

test('one of them is assigned to another; other launches that would read one and write another are refused', async () => {
  const [a, b, c] = [1, 2, 3].map((value) => keep(tensor([value, value]))) as [Tensor, Tensor, Tensor];
  const assigning = record(() => assign(c, b)); // when they lay apart
  moveTogether([a, b]);
  assign(a, b);
  equal(await a.floats(), Float32Array.of(2, 2));
  b.write(Float32Array.of(7, 7));
  const step = record(() => assign(a, b));
  step.run();
  equal(await a.floats(), Float32Array.of(7, 7));
  assigning.run();
  equal(await c.floats(), Float32Array.of(7, 7));
  throws(() => launchMap('neighbours', 'a', [a], b), /pointwise\/neighbours: reads one tensor and writes another/);
  equal(await scope(() => add(a, b)).floats(), Float32Array.of(14, 14), 'reading both is fine');
  disposeAll([step, assigning, a, b, c]);
});

test('a traced step is told to make its optimizers elsewhere', () => {
  const xs = make();
  throws(() => record(() => moveTogether(xs)), /before record\(\)/);
  disposeAll(xs);
});

test('they take as few device buffers as can be bound, and begin with zeros if they are new', () => {
  const limit = 4096;
  const cleared: number[] = [];
  const encoder = {
    clearBuffer: ({ size }: { size: number }) => cleared.push(size),
    copyBufferToBuffer: () => ok(false, 'there was nothing to copy'),
  };
  const device = {
    limits: { maxStorageBufferBindingSize: limit, maxBufferSize: 2 * limit },
    createBuffer: ({ size }: { size: number }) => ({ size }),
    pushErrorScope: () => {},
    popErrorScope: async () => null,
  } as unknown as GPUDevice; // all of a device that it uses
  const stream = { submit: (encode: (to: typeof encoder) => void) => encode(encoder) };
  const fake = { device, pool: new BufferPool(device), stream, tracing: false, moves: 0, flush: () => {} };
  const buffers = [600, 1500, 1500, 4, 4096, 512].map((bytes) => new GpuBuffer(bytes));
  layTogether(fake as unknown as Gpu, buffers);
  const wholes = [...new Set(buffers.map(({ whole }) => whole))];
  equal(
    wholes.map(({ bytes }) => bytes),
    [1024 + 1536 + 1536, 512, 4096, 512],
  );
  is(cleared.length, wholes.length);
  is(fake.moves, wholes.length);
});

test.run();
