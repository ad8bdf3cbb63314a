/**
 * @file The memory of recorded steps: they compute in one workspace in turn, and nothing that outlives a run lies
 * there.
 */
import { add, exp, full, record, type Tensor, tensor, zeros } from '@visage/tensor';
import { equal, is, ok, throws } from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';
import { toyTraining } from '../helpers/toyTraining.ts';

const { test, gpu } = await gpuSuite('workspace of recorded steps');

const MEBIBYTE = 2 ** 20;
const FLOATS = MEBIBYTE / 4;

/** Several intermediate results of the size of x, two of them alive at any time, and a small result. */
function chain(x: Tensor, length: number): Tensor {
  let y = x.mul(0.5);
  for (let k = 0; k < length; k++) y = add(exp(y.mul(-1)), 0.25);
  return y.sum();
}

const ramp = (length: number) => tensor(Float32Array.from({ length }, (_, k) => k / length));

test('several steps take the memory of the largest', () => {
  const [large, small] = [zeros([4 * FLOATS]), zeros([FLOATS])];
  const live = gpu.memory.live;
  const first = record(() => chain(large, 6));
  const alone = gpu.memory.live - live;
  ok(alone >= 8 * MEBIBYTE && alone < 9 * MEBIBYTE, `two buffers in turn, ${alone / MEBIBYTE} MiB`);
  const others = [large, small, small].map((x) => record(() => chain(x, 3)));
  ok(gpu.memory.live - live - alone < MEBIBYTE / 4, 'only results come in addition');
  first.dispose();
  ok(gpu.memory.live - live >= 8 * MEBIBYTE, 'others compute there still');
  for (const step of others) step.dispose();
  is(gpu.memory.live, live);
  for (const x of [large, small]) x.dispose();
});

test('results stay where they are while other steps run', async () => {
  const [x, y] = [ramp(1000), ramp(1000)];
  const first = record(() => ({ all: exp(x.mul(2)).mul(3), sum: chain(x, 4) }));
  const second = record(() => ({ all: exp(y.mul(5)).mul(7), sum: chain(y, 9) }));
  const values = async ({ all, sum }: { all: Tensor; sum: Tensor }) => [...(await all.floats()), await sum.item()];
  const ofFirst = await values(first.run());
  const ofSecond = await values(second.run());
  equal(await values(first.result), ofFirst);
  first.run();
  equal(await values(second.result), ofSecond);
  equal(await values(first.result), ofFirst);
  for (const each of [first, second, x, y]) each.dispose();
});

test('a step may read the result of another, before and after both ran again', async () => {
  const x = ramp(1000);
  const maker = record(() => exp(x.mul(2)).add(1));
  const reader = record(() => chain(maker.result, 3));
  maker.run();
  const before = await reader.run().item();
  maker.run();
  is(await reader.run().item(), before);
  x.write(new Float32Array(1000).fill(2));
  maker.run();
  ok((await reader.run().item()) !== before);
  for (const each of [reader, maker, x]) each.dispose();
});

test('trainings whose steps alternate go on as each does alone', async () => {
  const state = async ({ state }: ReturnType<typeof toyTraining>) =>
    Promise.all(state.map(async (x) => [...new Uint32Array((await x.data()).buffer)]));
  const alone = [3, 5].map((seed) => toyTraining(seed));
  for (const toy of alone) {
    const step = record(() => toy.step());
    for (let k = 0; k < 4; k++) step.run();
    step.dispose();
  }
  const together = [3, 5].map((seed) => toyTraining(seed));
  const steps = together.map((toy) => record(() => toy.step()));
  for (let k = 0; k < 4; k++) for (const step of steps) step.run();
  for (const k of [0, 1]) equal(await state(together[k]!), await state(alone[k]!));
  for (const each of [...steps, ...alone, ...together]) each.dispose();
});

test('a step that does not fit on the device gives all memory back', () => {
  const live = gpu.memory.live;
  const most = gpu.device.limits.maxStorageBufferBindingSize;
  const doubled = (length: number) => full([length], 1).mul(2).sum();
  throws(() => record(() => add(doubled(FLOATS), doubled(most / 4 + 4))), /at most/);
  is(gpu.memory.live, live);
});

test.run();
