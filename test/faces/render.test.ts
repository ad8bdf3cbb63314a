/**
 * What a procedural face set must keep: same numbers, same bits; host and GPU draw the same factors; mask, landmarks,
 * truth.
 */

import {
  FaceSampler,
  faceFactors,
  faceSets,
  factors,
  landmarksOf,
  materialNames,
  philox,
  renderFaces,
  renderMasks,
  renderMaterials,
  renderMeanFaces,
  SwapFaces,
} from '@visage/faces';
import { facesFace } from '@visage/kernels';
import { record, type Tensor, tensor } from '@visage/tensor';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';

const { test } = await gpuSuite('procedural faces');
const size = 64;
const count = 8;
const heldOut = faceSets.heldOut;
const attributes = Uint32Array.from({ length: count }, (_, n) => heldOut + n);
const identities = Uint32Array.from({ length: count }, (_, n) => heldOut + 3 * n);
const others = identities.map((identity) => identity + 1);
/** The values of a rendered tensor, whose memory is given back. */
async function values(x: Tensor): Promise<Float32Array> {
  const floats = await x.floats();
  x.dispose();
  return floats;
}

const differing = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).filter((value, n) => value !== b[n]).length;

test('philox gives the published words', () => {
  assert.equal(philox([0, 0, 0, 0], [0, 0]), [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
  const ones = 0xffffffff;
  assert.equal(philox([ones, ones, ones, ones], [ones, ones]), [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]);
});

test('the WGSL struct has the factors of the table, in its order', () => {
  const members = [...facesFace.matchAll(/^ {2}(\w+) : f32,/gm)].map((match) => match[1]);
  assert.equal(members, Object.keys(factors));
});

test('the same numbers give the same bits, other numbers another face', async () => {
  const batch = { identities, attributes, size };
  const first = await values(renderFaces(batch));
  assert.is(differing(first, await values(renderFaces(batch))), 0);
  assert.ok(first.every((value) => value >= 0 && value <= 1));
  for (const changed of [{ identities: others }, { attributes: others }, { seed: 1 }, { level: 'L3' as const }]) {
    const other = await values(renderFaces({ ...batch, ...changed }));
    assert.ok(differing(first, other) > first.length / 10, JSON.stringify(Object.keys(changed)));
  }
});

test('a face does not depend on its place in the batch', async () => {
  const [a, b] = [
    [3, 5],
    [5, 3],
  ].map((rows) =>
    renderFaces({
      identities: Uint32Array.from(rows, (n) => identities[n] as number),
      attributes: Uint32Array.from(rows, (n) => attributes[n] as number),
      size,
    }),
  );
  const [x, y] = [await values(a!), await values(b!)];
  const half = x.length / 2;
  assert.is(differing(x.subarray(0, half), y.subarray(half)), 0);
});

test('a replayed step shows the faces that were loaded last, with the bits of an eager render', async () => {
  const sampler = new FaceSampler({ identities: 50, firstIdentity: heldOut });
  const faces = new SwapFaces({ batch: 2, size: 48 });
  const step = record(() => ({ truth: faces.truth(), mask: faces.mask() }));
  for (const draw of [1, 2]) {
    const indices = sampler.swap(draw, 2, false);
    faces.load(indices);
    step.run();
    const eager = renderFaces({
      identities: indices.sourceIdentities,
      attributes: indices.targetAttributes,
      size: 48,
    });
    assert.is(differing(await step.result.truth.floats(), await values(eager)), 0);
  }
  step.dispose();
  faces.dispose();
});

test('two identities under the same attributes share the mask and differ inside it only', async () => {
  for (const level of ['L1', 'L3'] as const) {
    const [a, b] = [
      { identities, attributes, size, level },
      { identities: others, attributes, size, level },
    ];
    const mask = await values(renderMasks(a));
    assert.is(differing(mask, await values(renderMasks(b))), 0);
    const [x, y] = [await values(renderFaces(a)), await values(renderFaces(b))];
    let [inside, outside, far, pixels] = [0, 0, 0, 0];
    mask.forEach((covered, p) => {
      const difference = Math.max(
        ...[0, 1, 2].map((c) => Math.abs((x[3 * p + c] as number) - (y[3 * p + c] as number))),
      );
      if (covered > 0) inside += difference ** 2;
      else {
        outside += difference ** 2;
        pixels++;
        if (difference > 4 / 255) far++;
      }
    });
    // what is left outside is single pixels of outlines that a grazing ray resolves a little differently
    assert.ok(
      outside < 0.005 * (inside + outside),
      `${level}: ${outside / (inside + outside)} of the difference lies outside`,
    );
    assert.ok(far < 0.005 * pixels, `${level}: ${far} of ${pixels} pixels outside differ`);
    const share = mask.reduce((sum, value) => sum + value, 0) / mask.length;
    assert.ok(share > 0.3 && share < 0.75, `${level}: the mask covers ${share}`);
  }
});

/** Mean position of the pixels of a class, on the left or right half by `side` (or anywhere for 0), around `middle`. */
function centroid(
  materials: Float32Array,
  n: number,
  side: number,
  name: (typeof materialNames)[number],
  middle: number,
) {
  const wanted = materialNames.indexOf(name);
  let [x, y, found] = [0, 0, 0];
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      if (materials[(n * size + row) * size + column] !== wanted || side * (column - middle) < 0) continue;
      x += column + 0.5;
      y += row + 0.5;
      found++;
    }
  }
  return { x: x / found, y: y / found, found };
}

test('landmarks lie where the parse map shows eyes, brows and mouth', async () => {
  const level = 'L2';
  const materials = await values(renderMaterials({ identities, attributes, size, level }));
  for (let n = 0; n < count; n++) {
    const points = landmarksOf({ identity: identities[n] as number, attributes: attributes[n] as number, level }, size);
    const near = (
      got: { x: number; y: number; found: number },
      expected: { x: number; y: number },
      limit: number,
      what: string,
    ) => {
      if (got.found < 4) return; // hidden, closed or turned away
      const distance = Math.hypot(got.x - expected.x, got.y - expected.y);
      assert.ok(distance < limit, `face ${n}: ${what} is ${distance.toFixed(2)} pixels off`);
    };
    near(centroid(materials, n, -1, 'eye', points.noseTip.x), points.leftEye, 1.5, 'left eye');
    near(centroid(materials, n, 1, 'eye', points.noseTip.x), points.rightEye, 1.5, 'right eye');
    const corners = [points.leftMouthCorner, points.rightMouthCorner];
    const wanted = [materialNames.indexOf('lips'), materialNames.indexOf('mouth')];
    const columns: number[] = [];
    materials.subarray(n * size * size, (n + 1) * size * size).forEach((value, p) => {
      if (wanted.includes(value)) columns.push((p % size) + 0.5);
    });
    assert.ok(
      Math.abs(Math.min(...columns) - corners[0]!.x) < 0.05 * size,
      `face ${n}: left mouth corner ${Math.min(...columns)} ${corners[0]!.x}`,
    );
    assert.ok(
      Math.abs(Math.max(...columns) - corners[1]!.x) < 0.05 * size,
      `face ${n}: right mouth corner ${Math.max(...columns)} ${corners[1]!.x}`,
    );
  }
});

test('the mean identity is one face under any identity number', async () => {
  const a = await values(renderMeanFaces({ identities, attributes, size }));
  const b = await values(renderMeanFaces({ identities: others, attributes, size }));
  assert.is(differing(a, b), 0);
});

test('host factors stay inside their table and depend on their own stream only', () => {
  const a = faceFactors({ identity: 5, attributes: 7, level: 'L3' });
  const b = faceFactors({ identity: 5, attributes: 8, level: 'L3' });
  for (const [name, row] of Object.entries(factors) as [keyof typeof factors, (typeof factors)['yaw']][]) {
    const identity = (row.stream as string) === 'identity';
    assert.is(a[name] === b[name], identity || (a[name] === 0 && b[name] === 0), name);
  }
});

test('odd sizes render, bad arguments are explained', async () => {
  const odd = await values(renderFaces({ identities, attributes, size: 51 }));
  assert.is(odd.length, count * 51 * 51 * 3);
  assert.throws(
    () => renderFaces({ identities, attributes: attributes.slice(1), size }),
    /attributes is 7 numbers, expected 8/,
  );
  assert.throws(
    () => renderFaces({ identities, attributes, size: 4096 }),
    /size is 4096, expected an integer from 16 to 1024/,
  );
  assert.throws(
    () => renderFaces({ identities: tensor([1, 2]), attributes: tensor([1, 2]), size }),
    /dtype is f32, expected u32/,
  );
});

test.run();
