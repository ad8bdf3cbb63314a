/**
 * @file What a set of mesh heads must keep: same numbers, same bits; two identities under the same attributes differ
 * inside the mask alone; recorded steps replay; labels belong to the picture.
 */
import {
  describeHead,
  type FaceBatch,
  type FactorSplit,
  factorSplits,
  type HeadCrop,
  type HeadDescription,
  landmarksFrom68,
  materialNames,
  renderFaces,
  renderHeadLabels,
  renderMasks,
  renderMaterials,
  renderMeanFaces,
  SwapFaces,
} from '@visage/faces';
import { loadHeads } from '@visage/faces/node';
import { record, type Tensor, tensor } from '@visage/tensor';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';

const { test, gpu } = await gpuSuite('mesh heads');

async function values(x: Tensor): Promise<Float32Array> {
  const floats = await x.floats();
  x.dispose();
  return floats;
}

const size = 96;
const batch = (level: FaceBatch['level'], identities: readonly number[], attributes: readonly number[]): FaceBatch => ({
  identities: Uint32Array.from(identities),
  attributes: Uint32Array.from(attributes),
  ...{ size, level },
});
const differing = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).filter((value, n) => value !== b[n]).length;

test('without an asset the error says what to call', () => {
  assert.throws(() => renderFaces(batch('M1', [1], [1])), /loadHeads\(\).*useHeads\(asset\)/s);
});

test('the same numbers give the same bits, whatever their place in the batch', async () => {
  await loadHeads();
  const first = await values(renderFaces(batch('M2', [3, 5], [7, 8])));
  const turned = await values(renderFaces(batch('M2', [5, 3], [8, 7])));
  const half = first.length / 2;
  assert.is(differing(first.subarray(0, half), turned.subarray(half)), 0);
  assert.is(differing(first.subarray(half), turned.subarray(0, half)), 0);
  assert.ok(first.every((value) => value >= 0 && value <= 1));
  const seeded = await values(renderFaces({ ...batch('M2', [3, 5], [7, 8]), seed: 1 }));
  assert.ok(differing(first, seeded) > first.length / 4);
});

/** Crops, and between which shares of the picture their masks cover: a face fills its aligned crop. */
const covered: readonly (readonly [FaceBatch['level'], HeadCrop, number, number])[] = [
  ['M2', 'aligned', 0.4, 0.85],
  ['M3', 'portrait', 0.15, 0.6],
  ['M4', 'aligned', 0.4, 0.85],
];

/** The first attributes of level M4 from 20 on under which a head is as wanted. */
function attributesWith(count: number, wanted: (head: HeadDescription) => boolean): number[] {
  const found: number[] = [];
  for (let attributes = 20; found.length < count; attributes++)
    if (wanted(describeHead({ identity: 1, attributes, level: 'M4' }))) found.push(attributes);
  return found;
}
const isStaged = ({ paint, gaze }: HeadDescription): boolean => paint.strength > 0 || gaze.crossing > 0;

for (const [level, crop, least, most] of covered) {
  test(`${level}, ${crop}: identities under the same attributes differ inside the mask alone`, async () => {
    const shown = (identities: readonly number[]): FaceBatch => ({ ...batch(level, identities, attributes), crop });
    const attributes = level === 'M4' ? attributesWith(8, isStaged) : [20, 21, 22, 23, 24, 25, 26, 27];
    const masks = await values(renderMasks(shown(attributes)));
    assert.ok(masks.every((value) => value === 0 || value === 1));
    const share = masks.reduce((sum, value) => sum + value, 0) / masks.length;
    assert.ok(share > least && share < most, `the masks cover ${share}`);
    const others = await values(renderMasks(shown([1, 2, 3, 4, 5, 6, 7, 8])));
    assert.is(differing(masks, others), 0, 'a mask depends on the attributes alone');
    const base = await values(renderFaces(shown(attributes)));
    for (const start of [100, 200, 300]) {
      const identities = attributes.map((_, k) => start + k);
      const swapped = await values(renderFaces(shown(identities)));
      let [inside, outside] = [0, 0];
      for (const [k, value] of swapped.entries()) {
        if (value === base[k]) continue;
        if (masks[Math.floor(k / 3)] === 1) inside++;
        else outside++;
      }
      assert.is(outside, 0, `${outside} values outside of the mask differ for identities from ${start} on`);
      assert.ok(inside > 0.15 * share * swapped.length, `only ${inside} values inside of the mask differ`);
    }
  });
}

test('paint changes skin and crossing changes eyes, on every identity alike', async () => {
  const isClear = ({ before, glasses, pose, expression, tone }: HeadDescription): boolean =>
    before.what === 'nothing' &&
    !glasses &&
    Math.abs(pose.yaw) < 20 &&
    !expression['eye-left-closure'] &&
    tone.angle > 0;
  const [painted] = attributesWith(1, (head) => isClear(head) && head.paint.strength > 0.8 && head.gaze.crossing === 0);
  const [crossed] = attributesWith(1, (head) => isClear(head) && head.paint.strength === 0 && head.gaze.crossing > 15);
  const rows = [painted, painted, crossed, crossed] as number[];
  const people = [1, 2, 1, 2];
  const plain = await values(renderFaces(batch('M3', people, rows)));
  const staged = await values(renderFaces(batch('M4', people, rows)));
  const classes = await values(renderMaterials(batch('M4', people, rows)));
  const each = size * size;
  /** Which share of a picture's pixels of a material changed visibly. */
  const changed = (row: number, name: (typeof materialNames)[number]): number => {
    const own = Array.from({ length: each }, (_, k) => row * each + k).filter(
      (k) => classes[k] === materialNames.indexOf(name),
    );
    const visible = (k: number) => [0, 1, 2].some((c) => Math.abs(plain[3 * k + c]! - staged[3 * k + c]!) > 0.05);
    return own.filter(visible).length / own.length;
  };
  const shares = rows.map((_, row) => ({ skin: changed(row, 'skin'), eye: changed(row, 'eye') }));
  const told = JSON.stringify(shares);
  // A pixel of the eye's edge has skin among its samples, so paint changes some of them, too.
  for (const { skin, eye } of shares.slice(0, 2)) assert.ok(skin > 0.2 && skin < 0.8 && eye < 0.3, told);
  for (const { skin, eye } of shares.slice(2)) assert.ok(eye > 0.3 && skin < 0.01, told);
});

test('a replayed step shows the heads that were loaded last, with the bits of an eager render', async () => {
  const numbers = (value: number) => tensor(Uint32Array.of(value, value + 1), [2], { gpu });
  const [identities, attributes] = [numbers(1), numbers(1)];
  const step = record(() => renderFaces({ identities, attributes, size, level: 'M1' }));
  for (const first of [40, 60]) {
    identities.write(Uint32Array.of(first, first + 1));
    attributes.write(Uint32Array.of(first + 5, first + 9));
    const replayed = await step.run().floats();
    const eager = await values(renderFaces(batch('M1', [first, first + 1], [first + 5, first + 9])));
    assert.is(differing(replayed, eager), 0);
  }
  step.dispose();
});

test('SwapFaces shows mesh heads: the truth is the target outside of the mask', async () => {
  const faces = new SwapFaces({ batch: 1, size, level: 'M1' });
  faces.load({
    ...{ sourceIdentities: Uint32Array.of(4), sourceAttributes: Uint32Array.of(5) },
    ...{ targetIdentities: Uint32Array.of(6), targetAttributes: Uint32Array.of(7) },
  });
  const [target, truth, mask] = [await values(faces.target()), await values(faces.truth()), await values(faces.mask())];
  assert.ok(differing(target, truth) > 100);
  const kept = Array.from(truth.keys()).filter((k) => mask[Math.floor(k / 3)] === 0);
  assert.is(kept.filter((k) => truth[k] !== target[k]).length, 0);
  const mean = await values(faces.meanIdentity());
  assert.ok(differing(mean, truth) > 100);
  assert.is(differing(mean, await values(renderMeanFaces(batch('M1', [9], [7])))), 0, 'one mean for all identities');
});

test('of the split whole, a person has the same hair in all pictures, and other people have other hair', async () => {
  const people = [6, 6, 7, 8];
  const shown = { ...batch('M0', people, [1, 2, 1, 1]), crop: 'portrait' } as const;
  const hair = materialNames.indexOf('hair');
  /** Of each picture after the first, which share of the hair that it or the first shows both show. */
  const shared = async (factorSplit: FactorSplit): Promise<number[]> => {
    const classes = await values(renderMaterials({ ...shown, factorSplit }));
    const each = people.map((_, k) => Array.from(classes.subarray(k * size * size, (k + 1) * size * size)));
    return each.slice(1).map((other) => {
      const pairs = other.map((value, k) => [value === hair, each[0]?.[k] === hair] as const);
      return pairs.filter(([a, b]) => a && b).length / pairs.filter(([a, b]) => a || b).length;
    });
  };
  const [again, ...others] = await shared('whole');
  assert.ok(again! > 0.95 && others.every((share) => share < 0.85), `${again}, ${others}`);
  const [under] = await shared('swap');
  assert.ok(under! < 0.85, String(under));
});

test('what needs exact swaps refuses whole people, and so do procedural faces', () => {
  const shown = { ...batch('M1', [1], [1]), factorSplit: 'whole' } as const;
  for (const [render, name] of [[renderMasks, 'renderMasks'] as const, [renderMeanFaces, 'renderMeanFaces'] as const])
    assert.throws(() => render(shown), new RegExp(`${name}: factorSplit is 'whole', expected 'swap'.*exact`));
  assert.throws(() => new SwapFaces({ batch: 1, size, level: 'M1', factorSplit: 'whole' } as never), /factorSplit/);
  assert.throws(
    () => renderFaces({ ...shown, level: 'L1' }),
    /render: factorSplit is 'whole', expected 'swap'.*L0 to L3/,
  );
  assert.throws(
    () => renderFaces({ ...shown, factorSplit: 'face' as never }),
    /factorSplit is 'face', expected .*swap.*whole/,
  );
});

for (const factorSplit of factorSplits)
  test(`classes and landmarks lie where the picture shows them, split ${factorSplit}`, async () => {
    const four = [20, 21, 22, 23];
    const shown: FaceBatch = { ...batch('M1', four, four), crop: 'portrait', factorSplit };
    const labels = renderHeadLabels(shown);
    const classes = await values(renderMaterials(shown));
    assert.is(differing(classes, await labels.materials.floats()), 0);
    const counts = materialNames.map((_, number) => classes.filter((value) => value === number).length / 4);
    assert.is(
      counts.reduce((sum, n) => sum + n),
      size * size,
    );
    for (const name of ['background', 'skin', 'hair', 'clothes'] as const)
      assert.ok(counts[materialNames.indexOf(name)]! > 0.02 * size * size, `${name}: ${counts}`);
    for (const name of ['eye', 'lips', 'brow'] as const) assert.ok(counts[materialNames.indexOf(name)]! > 15, name);

    const [points, visible, depth] = [labels.landmarks, labels.visible, labels.depth].map((x) => x.floats());
    const [at, seen, far] = [await points!, await visible!, await depth!];
    assert.ok(seen.reduce((sum, value) => sum + value, 0) > 0.7 * seen.length);
    for (let face = 0; face < 4; face++) {
      const { leftEye, rightEye, leftMouthCorner } = landmarksFrom68(at.subarray(136 * face, 136 * (face + 1)));
      const classAt = ({ x, y }: { x: number; y: number }) =>
        classes[(face * size + Math.floor(y)) * size + Math.floor(x)]!;
      assert.ok(leftEye.x < rightEye.x && leftMouthCorner.y > leftEye.y);
      for (const eye of [leftEye, rightEye]) assert.ok([2, 1, 5, 6].includes(classAt(eye)), `class ${classAt(eye)}`);
      const middle = {
        x: at[136 * face + 2 * 51]!,
        y: 0.5 * (at[136 * face + 2 * 51 + 1]! + at[136 * face + 2 * 57 + 1]!),
      };
      assert.ok([3, 4].includes(classAt(middle)), `the middle of the mouth has class ${classAt(middle)}`);
    }
    for (const [k, distance] of far.entries())
      assert.ok(
        classes[k] === 0 ? distance === 0 : distance > 3 && distance < 20,
        `depth ${distance} of ${classes[k]}`,
      );
    const { pose, expression } = describeHead({ identity: 20, attributes: 20, level: 'M1', factorSplit });
    const [yaw, pitch, roll] = (await labels.pose.floats()).subarray(0, 3);
    for (const [a, b] of [
      [yaw, pose.yaw],
      [pitch, pose.pitch],
      [roll, pose.roll],
    ] as const)
      assert.ok(Math.abs(a! - (b * Math.PI) / 180) < 1e-5);
    const weights = await labels.expression.floats();
    const total = weights.subarray(0, weights.length / 4).reduce((sum, w) => sum + w, 0);
    assert.ok(Math.abs(total - Object.values(expression).reduce((sum, w) => sum + w, 0)) < 1e-4);
  });

test.run();
