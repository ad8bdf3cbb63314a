/** @file The golden cases of the networks and of all ops in mixed precision. */
import { conformanceTable, goldenFile } from '@visage/conformance';
import { collectGarbage } from '@visage/conformance/node';
import { loadSafetensors } from '@visage/nn/node';
import * as assert from 'uvu/assert';
import { reportsOf } from '../helpers/conformance.ts';
import { gpuSuite } from '../helpers/gpu.ts';

const { test, gpu } = await gpuSuite('conformance in mixed precision');

const MIXED = [
  ['ops'],
  ['second_order'],
  ['simswap', 'generator_tanh'],
  ['simswap', 'training'],
  ['projected', 'recipes_patch'],
  ['baselines', 'aeinet_4'],
] as const;
for (const [group, only] of MIXED) {
  test(`${only ?? 'all cases'} of ${group} pass in mixed precision`, async () => {
    const file = goldenFile(await loadSafetensors(`test/golden/${group}.safetensors`));
    const reports = await reportsOf(file, {
      only,
      precision: 'mixed',
      rest: gpu.adapter.software ? collectGarbage : undefined,
    });
    const bad = reports.filter(({ status }) => status !== 'pass');
    assert.is(bad.length, 0, conformanceTable(bad));
    assert.ok(reports.every(({ tolerance }) => Math.max(tolerance.output, tolerance.gradient) <= 1e-2));
    assert.ok(reports.some(({ outputError }) => outputError > 1e-4)); // it is not f32 that was measured
  });
}

test.run();
