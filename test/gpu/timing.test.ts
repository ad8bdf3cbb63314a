/**
 * @file Timing: a device that paused is brought to its clock before it is measured, once; software adapters have no
 * such clock.
 */
import { Gpu, stayedBusy, timeInterleaved, warmUp } from '@visage/gpu';
import { record, tensor } from '@visage/tensor';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';
import { submitsOf } from '../helpers/submits.ts';

const { test, gpu } = await gpuSuite('timing');

/** The device of the suite as if it were a GPU, as a fresh measurement meets it. */
const asHardware = (): Gpu => new Gpu(gpu.device, { ...gpu.adapter, software: false }, { fuse: false });

const doubling = (() => {
  const x = tensor(new Float32Array(1024), [1024]);
  const step = record(() => x.mul(2));
  step.run();
  return step;
})();

test('a GPU that paused works before it is measured, and only then', async () => {
  const hardware = asHardware();
  const time = () => timeInterleaved(hardware, [doubling.commands], { rounds: 2, spanMs: 0, warmMs: 60 });
  const start = performance.now();
  const cold = await submitsOf(gpu, time);
  assert.ok(performance.now() - start >= 60);
  const warm = await submitsOf(gpu, time);
  assert.ok(cold > warm + 2, `${cold} submits after a pause, ${warm} right behind it`);
});

test('no work has no times', async () => {
  assert.equal(await timeInterleaved(gpu, []), []);
  assert.equal(await timeInterleaved(asHardware(), []), []);
});

test('a software adapter is measured at once', async () => {
  const time = (warmMs?: number) => () =>
    timeInterleaved(gpu, [doubling.commands], { rounds: 2, spanMs: 0, ...(warmMs === undefined ? {} : { warmMs }) });
  assert.is(await submitsOf(gpu, time()), await submitsOf(gpu, time(0)));
  let runs = 0;
  assert.is(await warmUp(gpu, () => runs++), false);
  assert.is(runs, 0);
});

test('work is issued in portions of some milliseconds, with one in flight behind the one that runs', async () => {
  const hardware = asHardware();
  let inFlight = 0;
  let most = 0;
  const { queue } = gpu.device;
  const done = queue.onSubmittedWorkDone;
  queue.onSubmittedWorkDone = async () => {
    most = Math.max(most, ++inFlight);
    const result = await done.call(queue);
    inFlight--;
    return result;
  };
  let runs = 0;
  const work = async () => {
    runs++;
    doubling.run();
  };
  try {
    assert.is(await warmUp(hardware, work, 80), true);
  } finally {
    queue.onSubmittedWorkDone = done;
  }
  assert.ok(runs > 4);
  assert.ok(most <= 3, `${most} portions in flight`);
  assert.is(await warmUp(hardware, work, 80), false); // it has just worked
});

test('what was measured otherwise counts as work too', async () => {
  const hardware = asHardware();
  stayedBusy(hardware);
  assert.is(await warmUp(hardware, () => doubling.run(), 50), false);
  assert.is(await warmUp(asHardware(), () => doubling.run(), 0), false);
});

test.run();
