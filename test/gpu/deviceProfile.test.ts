/** @file How many processors a GPU is taken to have, and who says so. */
import { DESCRIBED, type DeviceDescription, describedGpu, TuningMemo } from '@visage/gpu';
import { startGpu } from '@visage/gpu/node';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { processorsNamed } from '../../packages/gpu/src/core/deviceProfile.ts';
import { Gpu } from '../../packages/gpu/src/device/gpu.ts';
import { errorOf } from '../helpers/mistakes.ts';

const NAMES: readonly (readonly [name: string, processors: number | undefined])[] = [
  ['NVIDIA H200', 132],
  ['nvidia-h200', 132],
  ['NVIDIA H100 80GB HBM3', 132],
  ['NVIDIA H100 PCIe', 114],
  ['nvidia-a100-sxm4-80gb', 108],
  ['NVIDIA A100 80GB PCIe', 108],
  ['Tesla T4', 40],
  ['NVIDIA GeForce RTX 4090', 128],
  ['nvidia-geforce-rtx-4070-ti-super', 66],
  ['NVIDIA GeForce RTX 4090 Laptop GPU', undefined], // another chip
  ['NVIDIA H200 MIG 1g.18gb', undefined], // a slice of one
  ['NVIDIA: 580.159.04 580.159.4.0', undefined], // a driver
  ['constructor', undefined],
  ['', undefined],
];

for (const [name, processors] of NAMES)
  test(`${name || 'no name'}: ${processors ?? 'not known'}`, () => assert.is(processorsNamed(name), processors));

const unnamed: DeviceDescription = DESCRIBED.default;
const opened = (options: { processors?: number; deterministic?: boolean } = {}, of = unnamed): Gpu =>
  new Gpu(describedGpu(of).device, of.adapter, options);

test('the caller comes before the memo, the memo before the name, and a GPU of which nothing is known counts as a large one', () => {
  assert.equal(opened().profile, { processors: 132, source: 'assumed' });
  assert.equal(opened({}, DESCRIBED.h200).profile, { processors: 132, source: 'name' });
  const gpu = opened({}, DESCRIBED.h200);
  gpu.tuning.processors = 66;
  assert.equal(gpu.profile, { processors: 66, source: 'memo' });
  const told = opened({ processors: 12 });
  told.tuning.processors = 66;
  assert.equal(told.profile, { processors: 12, source: 'caller' });
  const deterministic = opened({ deterministic: true });
  deterministic.tuning.processors = 66;
  assert.is(deterministic.profile.source, 'assumed', 'which does not ask its memo');
});

test('whoever opens a device can say the number', async () => {
  const gpu = await startGpu({ processors: 12 });
  assert.equal(gpu.profile, { processors: 12, source: 'caller' });
  gpu.destroy();
});

test('numbers that no GPU has are refused', async () => {
  for (const processors of [0, -1, 1.5, Number.NaN, 1e6]) {
    const error = await errorOf(() => startGpu({ processors }));
    assert.match(error?.message ?? '', /openGpu: processors is .*, expected an integer from 1 to 4096/);
  }
});

test('a memo keeps the number, and one that makes no sense makes the memo unusable', () => {
  const target = { adapter: 'a', driver: 'b', versions: 'c' };
  const memo = new TuningMemo();
  memo.processors = 46;
  const text = memo.toText(target);
  assert.is(TuningMemo.parse(text, target).processors, 46);
  const merged = new TuningMemo();
  merged.merge(memo);
  merged.merge(new TuningMemo());
  assert.is(merged.processors, 46);
  assert.throws(() => TuningMemo.parse(text.replace('46', '"many"'), target), /processors is NaN/);
});

test.run();
