/** @file The comparison of systems: its swaps, budget, labels and means. */
import { faceSets } from '@visage/faces';
import { Gpu } from '@visage/gpu';
import { record, tensor } from '@visage/tensor';
import * as assert from 'uvu/assert';
import {
  attributeErrors,
  labelNames,
  labelSpread,
  labelsOf,
} from '../../packages/training/src/compare/attributes/labels.ts';
import { timeRuns } from '../../packages/training/src/compare/measure.ts';
import { spend, stepByStep } from '../../packages/training/src/compare/plan/budget.ts';
import { albumOf, comparedSwaps, selfSwaps, swapGroups } from '../../packages/training/src/compare/plan/swaps.ts';
import { resultOf, type SystemRun } from '../../packages/training/src/compare/report.ts';
import { gpuSuite } from '../helpers/gpu.ts';

const { test, gpu } = await gpuSuite('compare');
const plan = { couples: 2, photos: 3, people: 8, peopleSet: 'reporting' } as const;

test('people of a couple go into each other, on photos that nobody trains on', () => {
  const swaps = comparedSwaps(plan);
  const groups = swapGroups(plan);
  assert.equal(
    groups.map(({ source, target }) => [source, target]),
    [
      [0, 1],
      [1, 0],
      [2, 3],
      [3, 2],
    ],
  );
  for (const { source, target, from, to } of groups) {
    for (let k = from; k < to; k++) {
      assert.is(swaps.sourceIdentities[k], faceSets.reporting + source);
      assert.is(swaps.targetIdentities[k], faceSets.reporting + target);
    }
  }
  const photos = [...swaps.sourceAttributes, ...swaps.targetAttributes];
  assert.is(new Set(photos).size, 24);
  const albums = [0, 1, 2, 3].flatMap((person) => [...albumOf(plan, person, 50).attributes]);
  assert.is(new Set([...photos, ...albums]).size, 24 + 200);
  assert.equal(selfSwaps(plan).sourceIdentities, swaps.targetIdentities);
  assert.equal(selfSwaps(plan).targetAttributes, swaps.targetAttributes);
});

test('labels depend on the attributes alone; errors are in degrees and in units of the spread', () => {
  const labels = (attributes: number, identity = 1) => labelsOf({ identity, attributes });
  assert.equal(labels(5, 1), labels(5, 2));
  assert.is(labels(5).length, labelNames.length);
  const light = labels(5).slice(10);
  assert.ok(Math.abs(Math.hypot(...light) - 1) < 1e-6);
  const rows = Array.from({ length: 50 }, (_, k) => labels(k));
  const spread = labelSpread(rows);
  for (const error of Object.values(attributeErrors(rows, rows, spread))) assert.ok(error < 1e-5);
  const moved = [...rows[0]!];
  moved[0]! += 3;
  moved[1]! -= 4;
  for (let k = 3; k < 7; k++) moved[k]! += 2 * spread.deviation[k]!;
  moved[8]! += 2.5;
  const [x, y, z] = moved.slice(10) as [number, number, number];
  moved.splice(10, 3, -z, y, x); // a quarter turn about the vertical
  const errors = attributeErrors([moved], [rows[0]!], spread);
  assert.ok(Math.abs(errors.pose - 5) < 1e-6 && Math.abs(errors.expression - 2) < 1e-6, JSON.stringify(errors));
  assert.ok(Math.abs(errors.gaze - 2.5) < 1e-6);
  const crossed = rows[0]!.map((value, k) => value + (labelNames[k] === 'crossing' ? 12 : 0));
  assert.ok(Math.abs(attributeErrors([crossed], [rows[0]!], spread).gaze - 12) < 1e-6, 'each eye is 12 degrees off');
  const oneEye = crossed.map((value, k) => value + (labelNames[k] === 'gazeX' ? 12 : 0));
  assert.ok(Math.abs(attributeErrors([oneEye], [rows[0]!], spread).gaze - 12) < 1e-6, 'one by 24, the other by 0');
  assert.ok(Math.abs(errors.light - (Math.acos(y * y) * 180) / Math.PI) < 1e-3);
});

test('a budget of seconds becomes steps by a trial; a budget of steps is shared', async () => {
  const trainings: number[] = [];
  const start = (steps: number) => {
    trainings.push(steps);
    return { run: stepByStep(() => new Promise((done) => setTimeout(done, 4))), dispose: () => {}, networks: [] };
  };
  const counted = await spend({ seconds: 9, steps: 10 }, 0.4, start);
  assert.is(counted.steps, 4);
  assert.equal(trainings, [4]);
  const timed = await spend({ seconds: 0.4 }, 0.5, start);
  assert.ok(timed.steps > 4 && timed.steps <= 50, String(timed.steps));
  assert.ok(timed.seconds < 1, String(timed.seconds));
});

test('a swap is timed on a device that worked before, where that has a clock to raise', async () => {
  const x = tensor(new Float32Array(1024));
  const doubling = record(() => x.mul(2));
  const runs = async (device: Gpu): Promise<number> => {
    let count = 0;
    const run = () => {
      count++;
      doubling.run();
    };
    assert.ok((await timeRuns(device, { run })) > 0);
    return count;
  };
  const once = await runs(gpu);
  const paused = await runs(new Gpu(gpu.device, { ...gpu.adapter, software: false }, { fuse: false }));
  if (gpu.adapter.software) assert.ok(paused > 2 * once, `${paused} runs instead of ${once}`);
  doubling.dispose();
  x.dispose();
});

test('a single run has no spread, and nothing is made up for it', () => {
  const scores = {
    retrieval: 0.5,
    psnr: 20,
    pose: 1,
    expression: 1,
    gaze: 1,
    light: 1,
    selfPsnr: 21,
    millisecondsPerFace: 1,
  };
  const run: SystemRun = { seed: 1, spent: { steps: 3, seconds: 2 }, wallSeconds: 4, scores };
  const { spread, ...one } = resultOf('SimSwap', 10, [run]);
  assert.is(spread, undefined);
  assert.equal(one.scores, scores);
  const two = resultOf('SimSwap', 10, [run, { ...run, seed: 101, scores: { ...scores, psnr: 22 } }]);
  assert.is(two.scores.psnr, 21);
  assert.is(two.spread?.psnr, Math.SQRT2);
  assert.is(two.spread?.pose, 0);
});

test.run();
