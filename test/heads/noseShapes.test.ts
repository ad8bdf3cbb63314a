/** @file The known shapes of people, against the plain reference of a whole head. */
import { noseShapes } from '@visage/faces';
import { loadHeadAsset, loadHeads } from '@visage/faces/node';
import * as assert from 'uvu/assert';
import { pointAt } from '../../packages/faces/src/heads/geometry/fields.ts';
import { morphed } from '../../packages/faces/src/heads/geometry/reference.ts';
import { deriveValues } from '../../packages/faces/src/heads/people/derive.ts';
import { drawHead } from '../../packages/faces/src/heads/people/draw.ts';
import { valueLayout } from '../../packages/faces/src/heads/people/layout.ts';
import type { HeadLevel } from '../../packages/faces/src/heads/people/levels.ts';
import { ruleTable, targetWeights } from '../../packages/faces/src/heads/people/rules.ts';
import { noseVertices } from '../../packages/faces/src/render/noseShapes.ts';
import { gpuSuite } from '../helpers/gpu.ts';

const { test } = await gpuSuite('known shapes of people');
const asset = await loadHeadAsset();
const vertices = noseVertices(asset);

test('asks for the heads first', () => {
  assert.throws(() => noseShapes({ first: 0, count: 2 }), /noseShapes.*Call await loadHeads\(\)/s);
});

test('26 points lie all over the nose', () => {
  assert.is(vertices.length, 26);
  const points = vertices.map((v) => pointAt(asset.base, v));
  for (const [axis, reach] of [0.25, 0.4, 0.2].entries()) {
    const along = points.map((point) => point[axis] as number);
    assert.ok(Math.max(...along) - Math.min(...along) > reach, `axis ${axis}`);
  }
});

/** The nose in its own frame, of a head that the reference shapes without expression. */
function expected(identity: number, attributes: number, level: HeadLevel, seed: number): number[] {
  const values = drawHead({ identity, attributes, level, seed });
  deriveValues(values);
  values.fill(0, valueLayout.drives, valueLayout.faceMacros);
  const head = morphed(asset, targetWeights(values, ruleTable(asset.targets)));
  const points = vertices.map((v) => pointAt(head, v));
  const mean = [0, 1, 2].map((axis) => points.reduce((sum, p) => sum + (p[axis] as number), 0) / points.length);
  const centred = points.map((p) => p.map((x, axis) => x - (mean[axis] as number)));
  const length = Math.sqrt(centred.flat().reduce((sum, x) => sum + x * x, 0) / points.length);
  return centred.flat().map((x) => x / length);
}

test('rows are the noses of identities, whatever their pictures show', async () => {
  await loadHeads();
  const [first, count] = [1_000_000, 3];
  for (const seed of [0, 5]) {
    const { values, size } = noseShapes({ first, count, seed });
    assert.is(size, 78);
    assert.is(values.length, count * size);
    for (let k = 0; k < count; k++)
      for (const level of ['M0', 'M3'] as const)
        for (const [at, x] of expected(first + k, 40 + k, level, seed).entries())
          assert.ok(Math.abs((values[k * size + at] as number) - x) < 1e-5, `person ${k}, ${level}, number ${at}`);
  }
});

test('numbers that are out of range are refused', () => {
  assert.throws(() => noseShapes({ first: 0, count: 0 }), /noseShapes.*count.*0/s);
  assert.throws(() => noseShapes({ first: -1, count: 2 }), /noseShapes.*first.*-1/s);
});
test.run();
