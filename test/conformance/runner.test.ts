/** @file What runs golden cases: wrong results fail, are named and counted, and one bad case does not end a run. */
import {
  type CaseReport,
  columnErrors,
  conformanceTable,
  type GoldenCase,
  goldenFile,
  type runGoldenFile,
} from '@visage/conformance';
import { readSafetensors, writeSafetensors } from '@visage/nn';
import { loadSafetensors } from '@visage/nn/node';
import * as assert from 'uvu/assert';
import { reportsOf } from '../helpers/conformance.ts';
import { gpuSuite } from '../helpers/gpu.ts';

const { test } = await gpuSuite('runner of golden cases');

const RELU: GoldenCase = { name: 'r', op: 'relu', args: {}, in: ['x'], param: [], out: ['y'], grad: ['x'] };
const TENSORS = { x: [-1, 2, -3, 4], y: [0, 2, 0, 4], g_y: [1, 2, 3, 4], d_x: [0, 2, 0, 4] };

/** A golden file in memory: one case, its tensors one-dimensional. */
function golden(one: GoldenCase, tensors: Readonly<Record<string, readonly number[]>>) {
  const stored = Object.entries(tensors).map(
    ([name, values]) => [`${one.name}/${name}`, { shape: [values.length], values: Float32Array.from(values) }] as const,
  );
  return goldenFile(readSafetensors(writeSafetensors(new Map(stored), { cases: JSON.stringify([one]) })));
}

const first = async (...parameters: Parameters<typeof runGoldenFile>): Promise<CaseReport> =>
  (await reportsOf(...parameters))[0] as CaseReport;

test("a network's gradients in mixed precision are also held to the file, as one vector", async () => {
  const { cases, tensors } = goldenFile(await loadSafetensors('test/golden/baselines.safetensors'));
  const wrong = [...tensors].map(([name, x]) => {
    const data = name.startsWith('hearnet/d_') ? x.data.map((value) => 1.3 * value) : x.data;
    return [name, { ...x, data }] as const;
  });
  const report = await first(
    { cases, tensors: new Map(wrong) },
    { only: 'hearnet', precision: 'mixed', replay: false },
  );
  assert.is(report.status, 'fail');
  assert.match(report.reason, /^the whole against the file: 2\.\de-1 > 0\.2$/);
  assert.ok(report.gradientError < 1e-2);
});

test('outputs beyond the range of f16 count as its end in mixed precision', async () => {
  const far = golden(RELU, { ...TENSORS, x: [-1, 7e4, -3, 4], y: [0, 9e4, 0, 4] });
  assert.is((await first(far, { precision: 'mixed' })).status, 'pass');
  assert.is((await first(far)).status, 'fail');
});

test('columns of a log are measured each as a whole', () => {
  const expected = [3, 100, 0, 4, 100, 0];
  assert.equal(columnErrors([3, 101, 0, 4, 100, 0], expected, 3), [0, Math.SQRT1_2 / 100, 0]);
  assert.equal(columnErrors([3, 100, 1, 3.5, 100, 0], expected, 3), [0.1, 0, Number.POSITIVE_INFINITY]);
  assert.is(columnErrors([3, Number.NaN, 0, 4, 100, 0], expected, 3)[1], Number.POSITIVE_INFINITY);
});

test('a right case passes', async () => {
  assert.is((await first(golden(RELU, TENSORS))).status, 'pass');
});

test('a wrong output fails and is named', async () => {
  const report = await first(golden(RELU, { ...TENSORS, y: [0, 2, 0, 4.001] }));
  assert.is(report.status, 'fail');
  assert.match(report.reason, /^output y: \d/);
});

test('a wrong gradient fails and is named', async () => {
  const report = await first(golden(RELU, { ...TENSORS, d_x: [0, 2, 0.01, 4] }));
  assert.is(report.status, 'fail');
  assert.match(report.reason, /^gradient of x: /);
});

test('results that are not numbers fail', async () => {
  const report = await first(golden(RELU, { ...TENSORS, x: [Number.NaN, 2, -3, 4], y: [Number.NaN, 2, 0, 4] }));
  assert.is(report.status, 'fail');
});

test('an op that Visage does not know is unsupported, by name', async () => {
  const report = await first(golden({ ...RELU, op: 'fourierTransform' }, TENSORS));
  assert.is(report.status, 'unsupported');
  assert.match(report.reason, /fourierTransform/);
});

test('a tensor that the file lacks fails the case, not the run', async () => {
  const { d_x: _, ...rest } = TENSORS;
  const report = await first(golden(RELU, rest));
  assert.is(report.status, 'fail');
  assert.match(report.reason, /no tensor "d_x"/);
});

test('there is a rest behind every run: eager, for comparison, replayed', async () => {
  let rests = 0;
  const rest = async () => void rests++;
  await first(golden(RELU, TENSORS), { rest });
  assert.is(rests, 2);
  const file = goldenFile(await loadSafetensors('test/golden/baselines.safetensors'));
  await first(file, { only: 'deepfakes_B', precision: 'mixed', rest });
  assert.is(rests, 5);
});

test('cases are chosen by name', async () => {
  assert.is((await reportsOf(golden(RELU, TENSORS), { only: 'nothing' })).length, 0);
});

test('the table says what failed and counts', async () => {
  const good = await first(golden(RELU, TENSORS));
  const bad = await first(golden(RELU, { ...TENSORS, y: [1, 1, 1, 1] }));
  const text = conformanceTable([good, bad]);
  assert.match(text, /r: output y: /);
  assert.match(text, /1 passed, 1 failed, 0 unsupported$/);
});

test('a safetensors file of something else is refused', () => {
  const bytes = writeSafetensors(new Map([['x', { shape: [1], values: Float32Array.of(1) }]]), { cases: '{"a": 1}' });
  assert.throws(() => goldenFile(readSafetensors(bytes, 'w.safetensors')), /w\.safetensors: not a golden file/);
  assert.throws(() => goldenFile(readSafetensors(writeSafetensors(new Map()), 'w')), /no entry "cases"/);
});

test.run();
