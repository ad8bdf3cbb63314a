/** @file Every golden case in f32, eagerly and replayed. mixed.test.ts has f16, runner.test.ts what runs them. */
import { conformanceTable, goldenFile } from '@visage/conformance';
import { loadSafetensors } from '@visage/nn/node';
import * as assert from 'uvu/assert';
import { reportsOf } from '../helpers/conformance.ts';
import { gpuSuite } from '../helpers/gpu.ts';

const { test } = await gpuSuite('conformance');

for (const group of ['ops', 'second_order', 'optim', 'baselines']) {
  test(`all cases of ${group} pass, eagerly and replayed`, async () => {
    const file = goldenFile(await loadSafetensors(`test/golden/${group}.safetensors`));
    const reports = await reportsOf(file);
    assert.is(reports.length, file.cases.length);
    const bad = reports.filter(({ status }) => status !== 'pass');
    assert.is(bad.length, 0, conformanceTable(bad));
  });
}

test.run();
