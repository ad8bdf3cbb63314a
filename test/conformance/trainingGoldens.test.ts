/** @file The goldens of trainings: what passes, and that one per cent of a rate or a weight does not. */
import {
  type CaseReport,
  compare,
  conformanceTable,
  type GoldenCase,
  goldenFile,
  runGoldenFile,
  toleranceOf,
} from '@visage/conformance';
import { collectGarbage } from '@visage/conformance/node';
import { loadSafetensors } from '@visage/nn/node';
import { lossNames } from '@visage/simswap';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';

const { test, gpu } = await gpuSuite('goldens of trainings');
const COLUMNS = [...lossNames, 'normG', 'normD'];
const ROW = [-0.1, 1.3, 0.004, 0.28, 15.4, 0.9, 1.1, 15.9, 2, 16, 15.6];
const steps = goldenFile(await loadSafetensors('test/golden/steps.safetensors'));
const rest = gpu.adapter.software ? collectGarbage : undefined;

/** Why a log of three rows fails when one entry is off by so much; '' when it passes. */
function verdict(op: string, row: number, column: string, change: (value: number) => number): string {
  const expected = { outputs: { log: [...ROW, ...ROW, ...ROW] }, gradients: {} };
  const values = Float32Array.from(expected.outputs.log);
  const at = row * COLUMNS.length + COLUMNS.indexOf(column);
  values[at] = change(values[at] as number);
  const prepared = { compute: () => ({ outputs: {}, gradients: {} }), inputs: [], expected, columns: COLUMNS };
  const golden: GoldenCase = { name: 'c', op, args: {}, in: [], param: [], out: ['log'], grad: [] };
  return compare(prepared, { values: new Map([['log', values]]) }, toleranceOf(golden)).reason;
}

test('the first step of a training is held to a thousandth, its identity loss to 5e-7', () => {
  assert.is(
    verdict('trainSimSwap', 0, 'generator', (x) => 1.0009 * x),
    '',
  );
  assert.match(
    verdict('trainSimSwap', 0, 'generator', (x) => 1.0011 * x),
    /^output log\[0\]\.generator: 1\.1e-3 > 0\.001/,
  );
  assert.is(
    verdict('trainSimSwap', 0, 'identity', (x) => x + 4e-7),
    '',
  );
  assert.match(
    verdict('trainSimSwap', 0, 'identity', (x) => x + 6e-7),
    /^output log\[0\]\.identity: 6\.\de-7 > 5e-7/,
  );
  assert.is.not(
    verdict('trainSimSwap', 0, 'real', () => Number.NaN),
    '',
  );
});

test('later steps of a training are a check of its course, which steps from stored states do not need', () => {
  for (const row of [1, 2]) {
    assert.is(
      verdict('trainSimSwap', row, 'gradientPenalty', (x) => 1.29 * x),
      '',
    );
    assert.match(
      verdict('trainSimSwap', row, 'gradientPenalty', (x) => 1.31 * x),
      /gradientPenalty: 3\.\de-1 > 0\.3/,
    );
    assert.match(
      verdict('recipes', row, 'gradientPenalty', (x) => 1.06 * x),
      /gradientPenalty: 6\.\de-2 > 0\.05/,
    );
    assert.match(
      verdict('trainSteps', row, 'gradientPenalty', (x) => 1.001 * x),
      /1\.\de-3 > 0\.0001/,
    );
    assert.match(
      verdict('trainSteps', row, 'identity', (x) => x + 6e-7),
      /> 5e-7/,
    );
  }
  // A loss that crosses zero has no size of its own.
  assert.is(
    verdict('trainSimSwap', 2, 'adversarial', (x) => x + 0.02),
    '',
  );
});

test('steps from stored weights and moments equal PyTorch, eagerly and replayed', async () => {
  const reports: CaseReport[] = [];
  for await (const report of runGoldenFile(steps, { rest })) reports.push(report);
  assert.is(reports.length, 2);
  assert.ok(
    reports.every(({ status }) => status === 'pass'),
    conformanceTable(reports),
  );
});

/** Numbers among the arguments of a case, and what must tell that one of them is wrong. */
const NUMBERS = [
  ['the learning rate', 'adam', 0, /^output [GD]:/],
  ['β₁', 'adam', 1, /^output [GD]:/],
  ['the weight of the identity loss', 'lambdas', 'id', /^output (G:|log\[\d\]\.generator)/],
  ['the weight of the reconstruction loss', 'lambdas', 'rec', /^output (G:|log\[\d\]\.generator)/],
  ['the weight of feature matching', 'lambdas', 'fm', /^output (G:|log\[\d\]\.generator)/],
  ['the weight of the gradient penalty', 'lambdas', 'gp', /^output (D:|log\[\d\]\.discriminator)/],
] as const;

for (const [what, list, place, says] of NUMBERS) {
  test(`${what} off by one per cent fails`, async () => {
    const golden = structuredClone(steps.cases.find(({ name }) => name === 'steps_momentum')) as GoldenCase;
    const numbers = golden.args[list] as Record<string | number, number>;
    numbers[place] = 1.01 * (numbers[place] as number);
    for await (const { status, reason } of runGoldenFile({ ...steps, cases: [golden] }, { replay: false, rest })) {
      assert.is(status, 'fail');
      assert.match(reason, says);
    }
  });
}

test.run();
