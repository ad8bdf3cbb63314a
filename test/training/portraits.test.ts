/** @file Swaps among photographs are measured as what they are, on pictures whose faces and people are known. */
import type { Image } from '@visage/faces';
import { VisageError } from '@visage/gpu';
import { type AlignedSwapper, eyeDistance, type Face, hasLabel, type Picture, picture } from '@visage/photos';
import { concat, copy, expand, mean, reshape, slice } from '@visage/tensor';
import {
  changedOutside,
  measurePortraits,
  type Photograph,
  type PortraitFinder,
  type PortraitOptions,
  PortraitSheet,
  pairsByTarget,
  portraitScores,
  portraitTables,
} from '@visage/training';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';
import { faceAt } from '../photos/faces.ts';

const { test } = await gpuSuite('swaps among photographs');

const [SIDE, SIZE, SHIFT] = [96, 48, 2];
const face = faceAt(16, 12, 64);

/**
 * People are the brightness of three upright bands of the face. They are turns of the same three values, so that the
 * colours which a swap takes over from the target change little.
 */
const PEOPLE = [
  [220, 60, 100],
  [100, 220, 60],
  [60, 100, 220],
] as const;
const [LEFT, RIGHT] = [38, 58]; // where the bands meet

/** A picture of grey bands with a pattern in its alpha, which nothing may change. */
const portraitOf = (bands: readonly number[]): Picture =>
  picture(
    SIDE,
    SIDE,
    Uint8Array.from({ length: 4 * SIDE * SIDE }, (_, k) => {
      const x = Math.floor(k / 4) % SIDE;
      return k % 4 < 3 ? (bands[Number(x >= LEFT) + Number(x >= RIGHT)] as number) : 200 + (k % 37);
    }),
  );

/** The brightness of the three bands. */
const bandsOf = ({ data }: Picture): number[] =>
  [LEFT - 5, SIDE / 2, RIGHT + 5].map((x) => data[4 * ((SIDE / 2) * SIDE + x)] as number);

const originals = new Map<string, Picture>(PEOPLE.map((bands, k) => [`${k}.png`, portraitOf(bands)]));

/** The bands tell who it is; the mesh of a picture that is no original is shifted to the right. */
const finder: PortraitFinder = {
  find: async (shown) => ((shown as Picture).width === SIDE ? [face] : []),
  describe: async (shown) => [Float32Array.from(bandsOf(shown as Picture), (value) => value / 255)],
  follow: async (shown) => {
    const known = [...originals.values()].some(({ data }) => Buffer.compare(data, (shown as Picture).data) === 0);
    const mesh = face.mesh.map((value, k) => value + (known || k % 2 === 1 ? 0 : SHIFT));
    return [{ ...face, mesh, flag: known ? 1 : 0.4 } as Face];
  },
};

/** An image as a picture of bytes. */
const pictureOf = ({ width, height, data }: Image): Picture =>
  picture(
    width,
    height,
    Uint8Array.from({ length: 4 * width * height }, (_, k) =>
      k % 4 < 3 ? Math.round(255 * (data[3 * Math.floor(k / 4) + (k % 4)] as number)) : 255,
    ),
  );

/** Where the bands lie in a crop, and the columns of each in which the face is seen. */
const BANDS = [
  { width: 18, seen: [14, 18] },
  { width: 12, seen: [22, 26] },
  { width: 18, seen: [30, 34] },
] as const;

/** The latent is the mean of each band in the middle of the face, and the swap shows three such bands. */
const painter: AlignedSwapper = {
  latent: (source) => {
    const rows = slice(source, 1, 20, 28);
    const means = BANDS.map(({ seen: [from, to] }) => mean(slice(rows, 2, from, to), [1, 2, 3]));
    return concat(
      means.map((value) => reshape(value, [source.dim(0), 1])),
      1,
    );
  },
  swap: (target, latent) => {
    const bands = BANDS.map(({ width }, k) =>
      expand(reshape(slice(latent, 1, k, k + 1), [latent.dim(0), 1, 1, 1]), [target.dim(0), SIZE, width, 3]),
    );
    return concat(bands, 2);
  },
};

const identical: AlignedSwapper = { ...painter, swap: (target) => copy(target) };

const photographs: readonly Photograph[] = [...originals].map(([name, shown]) => ({ name, read: async () => shown }));

const optionsWith = (swapper: AlignedSwapper, more: Partial<PortraitOptions> = {}): PortraitOptions => ({
  swapper,
  finder,
  template: 'simswap',
  size: SIZE,
  photographs,
  ...more,
});

test('a swapper that paints the source is nearer to it in all six swaps, and changes nothing else', async () => {
  const sheet = new PortraitSheet();
  const measured = await measurePortraits(
    optionsWith(painter, {
      onPortrait: (shown, found) => sheet.portrait(shown, found),
      onSwap: (shown, found, swap) => sheet.swap(shown, found, swap),
    }),
  );
  assert.equal(measured.people, ['0.png', '1.png', '2.png']);
  assert.is(new Set(measured.swaps.map(({ source, target }) => `${source}${target}`)).size, 6);
  const { scores, copyTarget, identity, leaking, swaps, milliseconds } = portraitScores(measured);
  assert.equal([swaps, leaking, scores.nearer, scores.recognised, scores.lost], [6, 0, 1, 1, 1]);
  assert.ok(scores.toSource < 0.4 && scores.toTarget > 0.7, `${scores.toSource}, ${scores.toTarget}`);
  assert.ok(Math.abs(scores.landmarks - SHIFT / eyeDistance(face)) < 1e-5, `${scores.landmarks}`);
  assert.ok(scores.pose < 0.01, 'a shift is no turn');
  assert.is(scores.ownNearer, 1);
  assert.ok(scores.ownToSource > 0.85 && scores.ownToTarget < 0.8, `${scores.ownToSource}, ${scores.ownToTarget}`);
  assert.ok(milliseconds > 0);
  const { nearer, recognised, toTarget, landmarks, pose, lost } = copyTarget;
  assert.equal([nearer, recognised, toTarget, landmarks, pose, lost], [0, 0, 0, 0, 0, 0]);
  const apart = Math.hypot(120, 160, 40) / 255; // between any two people
  assert.ok(Math.abs(copyTarget.toSource - apart) < 1e-5);
  assert.ok(identity.meanCosine > 0.4 && identity.meanCosine < 0.9, `${identity.meanCosine}`);
  const shown = sheet.image();
  assert.equal([shown.width, shown.height], [2 + 4 * 130, 2 + 4 * 130 + 16]);
  assert.ok(hasLabel(pictureOf(shown)), 'the label of synthetic pictures stands below');
  const middle = (column: number, row: number): number =>
    255 * (shown.data[3 * ((2 + 130 * row + 64) * shown.width + 2 + 130 * column + 64)] as number);
  assert.ok(Math.abs(middle(2, 0) - PEOPLE[1][1]) < 1, 'sources stand above');
  assert.ok(Math.abs(middle(0, 3) - PEOPLE[2][1]) < 1, 'targets stand at the left');
  assert.ok(middle(2, 3) > 150, 'the second person went into the third picture');
  assert.ok(middle(2, 2) < 80, 'nobody goes into themselves');
});

test('a swapper that returns its target never comes nearer to the source', async () => {
  const { scores, copyTarget, leaking } = portraitScores(await measurePortraits(optionsWith(identical, { pairs: 4 })));
  assert.equal([scores.nearer, scores.recognised, leaking], [0, 0, 0]);
  assert.equal(scores, copyTarget);
});

test('photographs without a face and files that cannot be read are named, and the others are measured', async () => {
  const wall: Photograph = { name: 'wall.png', read: async () => picture(8, 8, new Uint8Array(256)) };
  const broken: Photograph = { name: 'broken.png', read: () => Promise.reject(new VisageError('broken.png: is cut')) };
  const { people, leftOut } = await measurePortraits(
    optionsWith(identical, { photographs: [wall, ...photographs, broken], pairs: 1 }),
  );
  assert.is(people.length, 3);
  assert.equal(leftOut, [
    { name: 'wall.png', why: 'no face was found in its 8 x 8 pixels' },
    { name: 'broken.png', why: 'broken.png: is cut' },
  ]);
  try {
    await measurePortraits(optionsWith(identical, { photographs: [wall, photographs[0] as Photograph] }));
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, /1 of 2 show a face, two are needed; wall\.png: no face was found/);
  }
});

test('a pixel that changed beyond the mask is counted, and one that the mask reaches is not', () => {
  const before = picture(8, 8, new Uint8Array(256));
  const mask = { values: new Float32Array(16), size: 4 };
  mask.values[5] = 0.5; // the crop's pixel (1, 1) covers the picture's pixels (2, 2) to (3, 3)
  const changed = (x: number, y: number): number => {
    const after = picture(8, 8, new Uint8Array(before.data));
    after.data[4 * (8 * y + x)] = 1;
    return changedOutside(before, after, mask, { a: 0.5, b: 0, tx: 0, ty: 0 });
  };
  assert.equal([changed(2, 2), changed(3, 3), changed(7, 7), changed(2, 7)], [0, 0, 1, 1]);
  assert.is(changedOutside(before, before, mask, { a: 1, b: 0, tx: 0, ty: 0 }), 0);
});

test('fewer pairs than all are spread evenly over sources and targets', () => {
  const pairs = (people: number, most?: number): string[] =>
    pairsByTarget(people, most).flatMap(({ target, sources }) => sources.map((source) => `${source}>${target}`));
  assert.is(new Set(pairs(5)).size, 20);
  assert.ok(pairs(5).every((pair) => pair[0] !== pair[2]));
  const some = pairs(5, 5);
  assert.is(new Set(some.map((pair) => pair[0])).size, 5);
  assert.is(new Set(some.map((pair) => pair[2])).size, 5);
});

test('the tables say what the judge is, and when a mask leaks', async () => {
  const { people, swaps } = await measurePortraits(optionsWith(identical, { pairs: 3 }));
  const [judged, own] = portraitTables(people.length, portraitScores({ swaps }));
  assert.equal(
    judged.rows.map(([name]) => name),
    ['swaps', 'this swapper', 'copy the target'],
  );
  assert.match(judged.note ?? '', /trained on photographs and not on swaps.*kept its bits in all swaps/);
  assert.match(own.note ?? '', /mean cosine is 0\.\d\d/);
  const [first, ...others] = swaps;
  const [leaks] = portraitTables(3, portraitScores({ swaps: [{ ...first!, changedOutside: 2 }, ...others] }));
  assert.match(leaks.note ?? '', /in 2 of 3 swaps, and NOT in 1/);
});

test.run();
