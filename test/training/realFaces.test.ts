/** @file Networks are asked about real faces: how they are cropped, scored beside dlib's recogniser, and told apart. */
import { type Face, type FaceFinder, type FivePoints, picture } from '@visage/photos';
import type { IdentityNetwork } from '@visage/simswap';
import { mean } from '@visage/tensor';
import {
  descriptorRows,
  embeddingRows,
  findPeople,
  type RealFace,
  realFaceScores,
  realFacesOf,
  toldApart,
} from '@visage/training';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';
import { faceAt } from '../photos/faces.ts';

const { test } = await gpuSuite('real faces');

const SIZE = 8;

/** A network whose embedding of a face is its mean colour. */
const colours = { config: { embedding: 3 }, embed: (images) => mean(images, [1, 2]) } as IdentityNetwork;

/** A face of one colour whose descriptor is a number. */
const faceOf = (person: string, colour: readonly [number, number, number], descriptor: number): RealFace => ({
  person,
  crop: Float32Array.from({ length: SIZE * SIZE * 3 }, (_, k) => colour[k % 3] as number),
  descriptor: Float32Array.of(descriptor),
});

/** The colour at an angle between red and green. */
const at = (degrees: number): [number, number, number] => [
  Math.cos((degrees * Math.PI) / 180),
  Math.sin((degrees * Math.PI) / 180),
  0,
];

const close = (got: number, expected: number): void =>
  assert.ok(Math.abs(got - expected) < 1e-5, `${got}, expected ${expected}`);

test('agreement is the rank correlation of both networks over all pairs of two people', async () => {
  // Angles of the pairs ab, ac, bc, ad, bd, cd: 10, 30, 20, 70, 60, 40, which have the ranks 1, 3, 2, 6, 5, 4.
  const people = (numbers: readonly number[]) =>
    [0, 10, 30, 70].map((angle, k) => faceOf('abcd'[k] as string, at(angle), numbers[k] as number));
  const alike = await realFaceScores(colours, people([0, 10, 30, 70]), SIZE);
  assert.equal([alike.faces, alike.pairs], [4, 6]);
  close(alike.agreement, 1);
  const cosines = [10, 30, 20, 70, 60, 40].map((angle) => Math.cos((angle * Math.PI) / 180));
  close(alike.meanCosine, cosines.reduce((sum, value) => sum + value) / 6);
  // Distances of the same pairs by descriptors: 5, 16, 11, 1, 4, 15 with the ranks 3, 6, 4, 1, 2, 5.
  const other = await realFaceScores(colours, people([0, 5, 16, 1]), SIZE);
  const squares = [3 - 1, 6 - 3, 4 - 2, 1 - 6, 2 - 5, 5 - 4].reduce((sum, d) => sum + d * d, 0);
  close(other.agreement, 1 - (6 * squares) / (6 * 35)); // Spearman's formula, where no two ranks are equal
});

test('two faces of one person are no pair', async () => {
  const faces = [faceOf('a', at(0), 0), faceOf('b', at(10), 1), faceOf('c', at(30), 3), faceOf('a', at(80), 9)];
  assert.is((await realFaceScores(colours, faces, SIZE)).pairs, 5);
});

test('the same faces give the same bits, and their order changes nothing', async () => {
  const faces = [0, 7, 31, 52, 90].map((angle, k) => faceOf(`${k}`, at(angle), (17 * k) % 7));
  const first = await realFaceScores(colours, faces, SIZE);
  assert.equal(await realFaceScores(colours, faces, SIZE), first);
  const turned = await realFaceScores(colours, [...faces].reverse(), SIZE);
  close(turned.agreement, first.agreement);
  close(turned.meanCosine, first.meanCosine);
});

test('too few people are an error that says how many are needed', async () => {
  const two = [faceOf('a', at(0), 0), faceOf('b', at(10), 1)];
  const failed = (faces: readonly RealFace[]) =>
    realFaceScores(colours, faces, SIZE).then(
      () => 'no error',
      (error: Error) => error.message,
    );
  assert.match(await failed(two), /2 faces make 1 pairs of two people, 3 are needed/);
  assert.match(await failed([...two, faceOf('a', at(20), 1)]), /3 faces make 2 pairs/);
  assert.match(await failed([]), /0 faces make 0 pairs/);
});

const WIDTH = 120;
/** Red at the left and green at the right. */
const shown = picture(
  WIDTH,
  60,
  Uint8Array.from({ length: 4 * WIDTH * 60 }, (_, k) => {
    const left = Math.floor(k / 4) % WIDTH < WIDTH / 2;
    return k % 4 === 3 || (k % 4 === 0 && left) || (k % 4 === 1 && !left) ? 255 : 0;
  }),
);
const [left, right] = [faceAt(15, 15, 30), faceAt(70, 15, 36)];

/** A finder that knows the faces, keeps what it was asked, and describes a face by the place of its left eye. */
const finderOf = (faces: readonly Face[], asked: unknown[] = []) =>
  ({
    find: async (_: unknown, options: unknown) => {
      asked.push(options);
      return faces;
    },
    describe: async (_: unknown, some: readonly Face[]) => some.map(({ points }) => Float32Array.from(points[0])),
  }) as unknown as FaceFinder;

test('of a picture of one person the largest face counts, and the whole picture is looked at once', async () => {
  const asked: unknown[] = [];
  const finder = finderOf([left, right], asked);
  const [all, one] = [await findPeople(finder, shown, false), await findPeople(finder, shown, true)];
  const points = (people: readonly { points: FivePoints }[]) => people.map((person) => person.points);
  assert.equal(points(all), [left.points, right.points]);
  assert.equal(points(one), [right.points]);
  assert.equal(one[0]?.descriptor, Float32Array.from(right.points[0]), 'described is the face that counts');
  assert.equal(asked, [{ tiles: true }, { tiles: false }]);
});

test('faces are cropped where they are, in their order, as the network is shown them', async () => {
  const people = await findPeople(finderOf([left, right]), shown, false);
  const faces = await realFacesOf(shown, people, (k) => `person ${k}`, { size: SIZE, template: 'dlib' });
  assert.equal(
    faces.map(({ person }) => person),
    ['person 0', 'person 1'],
  );
  const rows = await embeddingRows(colours, faces, SIZE);
  for (const [k, colour] of [at(0), at(90)].entries())
    for (const [c, value] of colour.entries()) close(rows[k]?.[c] as number, value);
  assert.equal(
    faces.map(({ descriptor }) => descriptor),
    people.map(({ descriptor }) => descriptor),
  );
  for (const row of descriptorRows(faces)) close(Math.hypot(...row), 1);
});

test('a picture without faces has no people and no crops', async () => {
  for (const one of [false, true]) assert.equal(await findPeople(finderOf([]), shown, one), []);
  assert.equal(await realFacesOf(shown, [], () => 'nobody', { size: SIZE, template: 'dlib' }), []);
});

/** Frames of two people, as unit vectors at these angles. */
const film = (a: readonly number[], b: readonly number[]) =>
  toldApart(
    [...a.map(() => 'a'), ...b.map(() => 'b')],
    [...a, ...b].map((angle) => Float32Array.from(at(angle))),
  );

test('people of films are told apart by their means, and by every pair of frames', () => {
  const clear = film([0, 5, 10, 15, 2], [80, 85, 90, 60]);
  assert.equal([clear.frames, clear.asked, clear.right, clear.apart], [9, 6, 6, 9]);
  // The first and the fifth frame make one mean, at 1°, and the first frame of the other person is the other, at 80°.
  close(clear.leastOwn, Math.cos((20 * Math.PI) / 180));
  close(clear.mostOther, Math.cos((59 * Math.PI) / 180));
  const wide = film([0, 40, -40], [100, 100]);
  assert.equal([wide.right, wide.asked], [3, 3], '40° is nearer to 0° than to 100°');
  assert.equal([wide.apart, wide.frames], [4, 5], '40° is farther from -40° than from 100°');
  const wrong = film([0, 60, 0], [90, 90]);
  assert.equal([wrong.right, wrong.asked], [2, 3]);
});

test('films of fewer people or frames than are needed are refused', () => {
  assert.throws(() => film([0, 1], []), /films: frames of 1 people, expected two or more/);
  assert.throws(() => film([0, 1], [90]), /films: 1 frame of b, expected two or more/);
});

test.run();
