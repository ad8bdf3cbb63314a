/** @file The hard cases of a comparison: what they are, and a sheet of them for a system that returns its targets. */
import { describeHead, faceSets } from '@visage/faces';
import { builtInJudge, loadFaces, loadIdentityNetwork } from '@visage/training';
import * as assert from 'uvu/assert';
import { AttributeMeter } from '../../packages/training/src/compare/attributes/meter.ts';
import { hardTables } from '../../packages/training/src/compare/hardReport.ts';
import { HardSheet } from '../../packages/training/src/compare/hardSheet.ts';
import { hardCases, hardSwaps } from '../../packages/training/src/compare/plan/hardCases.ts';
import type { ComparedSystem } from '../../packages/training/src/compare/systems/system.ts';
import { gpuSuite } from '../helpers/gpu.ts';

const { test } = await gpuSuite('hard cases');
const plan = { couples: 1, photos: 2, people: 4, peopleSet: 'reporting' } as const;
const SIZE = 48;

test('each target has what it is named for', () => {
  const cases = hardCases(plan);
  const shown = Object.fromEntries(
    cases.map(({ name, attributes }) => [name, describeHead({ identity: 0, attributes, level: 'M4' })]),
  );
  const of = (name: string) => shown[name] as ReturnType<typeof describeHead>;
  assert.is(cases.length, 8);
  assert.is(new Set(cases.map(({ attributes }) => attributes)).size, 8);
  assert.ok((of('open mouth').expression['mouth-open'] ?? 0) > 0.3);
  const yaw = Math.abs(of('turned far').pose.yaw);
  assert.ok(yaw >= 40 && yaw <= 50, `${yaw}`);
  const { gaze, expression } = of('crossed eyes');
  assert.ok(gaze.crossing > 15 && Math.abs(gaze.side) < 8 && !expression['eye-left-closure']);
  assert.ok(of('painted stripes').paint.strength > 0.6);
  const others = cases.filter(({ name }) => name !== 'crossed eyes' && name !== 'painted stripes');
  assert.ok(others.every(({ name }) => of(name).gaze.crossing === 0 && of(name).paint.strength === 0));
  const { color } = of('coloured light').light;
  assert.ok(Math.max(...color) - Math.min(...color) > 1);
  const { what, x, y } = of('hand before the mouth').before;
  assert.ok(what === 'hand' && Math.hypot(x, y - 0.22) < 0.05);
});

test('every person goes into every case, which shows the other of the couple', () => {
  const cases = hardCases(plan);
  const { sourceIdentities, targetIdentities, sourceAttributes, targetAttributes } = hardSwaps(plan, cases);
  const [a, b] = [faceSets.reporting, faceSets.reporting + 1];
  assert.equal([...sourceIdentities], [...Array(8).fill(a), ...Array(8).fill(b)]);
  assert.equal([...targetIdentities], [...Array(8).fill(b), ...Array(8).fill(a)]);
  assert.equal([...targetAttributes.slice(0, 8)], [...targetAttributes.slice(8)]);
  for (const attributes of sourceAttributes) {
    const { before, glasses } = describeHead({ identity: 0, attributes, level: 'M4' });
    assert.ok(before.what === 'nothing' && !glasses);
  }
});

test('a system that returns its targets keeps what the truth keeps, and not the face', async () => {
  await loadFaces(['M4']);
  const meter = await AttributeMeter.train({ imageSize: SIZE, levels: ['M2', 'M4'], steps: 2, seed: 1 });
  const judge = await loadIdentityNetwork(builtInJudge('M4'));
  const sheet = await HardSheet.prepare({ judge, meter, imageSize: SIZE, level: 'M2', plan });
  const copying: ComparedSystem = {
    name: 'copy',
    spent: { steps: 0, seconds: Number.NaN },
    parameters: 0,
    swap: (target) => target.mul(1),
  };
  const [truth, copy] = [await sheet.truth(), await sheet.measure(copying)];
  assert.is(copy.scores.length, 8);
  for (const [k, { psnr, name }] of copy.scores.entries()) {
    assert.ok(psnr > 8 && psnr < 40, `${name}: ${psnr} dB`);
    assert.is(truth.scores[k]?.psnr, Number.POSITIVE_INFINITY);
  }
  assert.ok(copy.picture.width > 3 * SIZE && copy.picture.height > 9 * SIZE);
  assert.not.equal(copy.picture.data, truth.picture.data);
  const tables = hardTables({ truth, systems: new Map([['copy', copy]]) });
  assert.is(tables.length, 8);
  assert.equal(
    tables[0]?.rows.map(([first]) => first),
    ['system', 'copy', 'exact truth'],
  );
});

test.run();
