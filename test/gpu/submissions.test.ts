/** @file How launches, uploads and reads share submissions, and that their order holds nevertheless. */
import { type Gpu, type GpuBuffer, type Program, recordStep } from '@visage/gpu';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';
import { submitsOf } from '../helpers/submits.ts';

const { test, gpu } = await gpuSuite('submissions');

/** Doubles a number. */
const double: Program = {
  name: 'test/double',
  parts: [
    '@group(0) @binding(0) var<storage, read_write> out : array<f32>;',
    '@group(0) @binding(1) var<storage, read> x : array<f32>;',
    '@compute @workgroup_size(1) fn main() { out[0] = x[0] * 2.0; }',
  ],
};

function doubled(x: GpuBuffer, on: Gpu = gpu): GpuBuffer {
  const out = on.alloc(4);
  on.dispatch({ program: double, buffers: [out, x], grid: [1, 1, 1], replaces: true });
  return out;
}

const firstOf = async (buffer: GpuBuffer): Promise<number> => new Float32Array(await gpu.read(buffer))[0] as number;
const upload = (value: number): GpuBuffer => gpu.upload(Float32Array.of(value));

/** Launches, an upload between them, and a read; the buffers are given back. */
async function chain(value: number): Promise<void> {
  const x = upload(value);
  const y = doubled(x);
  const other = upload(value + 0.5);
  const z = doubled(y);
  const w = doubled(other);
  const [first, second] = await Promise.all([firstOf(z), firstOf(w)]);
  assert.equal([first, second], [4 * value, 2 * value + 1]);
  for (const buffer of [x, y, other, z, w]) gpu.release(buffer);
}

test('launches, uploads between them and the read behind them are one submission', async () => {
  for (let k = 0; k < 3; k++) await chain(k); // new memory and new kinds of launches are submitted by themselves
  assert.is(await submitsOf(gpu, () => chain(7)), 2, 'one with the first read, one for the second');
});

test('an upload into memory that a launch still reads comes behind the launch', async () => {
  for (let k = 1; k < 6; k++) {
    const x = upload(k);
    const memory = x.resource;
    const y = doubled(x);
    gpu.release(x);
    const after = [upload(100), upload(200), upload(300)];
    if (k > 1)
      assert.ok(
        after.some(({ resource }) => resource === memory),
        'the memory is used again',
      );
    assert.is(await firstOf(y), 2 * k);
    assert.equal(await Promise.all(after.map(firstOf)), [100, 200, 300]);
    for (const buffer of [y, ...after]) gpu.release(buffer);
  }
});

test('a step that does not submit runs with the next read, in its place', async () => {
  const x = upload(1);
  const step = recordStep(
    () => doubled(doubled(x)),
    (made) => [made],
  );
  for (let k = 0; k < 3; k++) {
    step.run();
    await firstOf(step.result as GpuBuffer);
  }
  const count = await submitsOf(gpu, async () => {
    gpu.write(x, Float32Array.of(5));
    step.run({ submit: false });
    const behind = doubled(step.result as GpuBuffer);
    assert.is(await firstOf(behind), 40);
    gpu.release(behind);
  });
  assert.ok(count <= 2, `${count} submits`);
  step.dispose();
  gpu.release(x);
});

test('an idle device gets a few launches early and then longer submissions; one that works gets long ones', async () => {
  const x = upload(1);
  const step = recordStep(
    () => Array.from({ length: 70 }).reduce((y: GpuBuffer) => doubled(y), x),
    (made) => [made],
  );
  step.run({ submit: false });
  await gpu.sync();
  const run = () => submitsOf(gpu, async () => step.run({ submit: false }));
  for (const wait of [() => gpu.sync(), () => firstOf(x)]) {
    await wait();
    assert.is(await run(), 4, 'after 8, 20, 38 and 65 launches');
    const reading = firstOf(x);
    assert.is(await run(), 1, 'after 64 launches');
    await reading;
    assert.is(await run(), 1, 'the device may still work on the last run');
  }
  await gpu.sync();
  step.dispose();
  gpu.release(x);
});

test('a read of memory that the device may not have fails alone', async () => {
  const x = upload(3);
  await firstOf(doubled(x));
  const y = doubled(x);
  const fresh = gpu.alloc(4 * 977); // of a size that nothing had before
  const [first] = await Promise.all([firstOf(y), gpu.read(fresh)]);
  assert.is(first, 6);
});

test.run();
