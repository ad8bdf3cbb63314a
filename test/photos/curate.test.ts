/** @file Which faces of a person are fit for a set: each rule at its limit, strangers, and near-duplicates. */
import { type CurationRules, completeRules, curate, type SetFace, shareInside } from '@visage/photos';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('curation');

/** A descriptor at a distance from the origin along one of 128 axes. */
const along = (axis: number, distance: number): Float32Array =>
  Float32Array.from({ length: 128 }, (_, k) => (k === axis ? distance : 0));

const HASHES = ['0000000000000000', 'ffffffffffffffff', '00000000ffffffff', 'ffffffff00000000', '0000ffff0000ffff'];
let count = 0;

/** A sharp frontal face that differs from every other one. */
const face = (change: Partial<SetFace> & { readonly inside?: number } = {}) => ({
  person: 'Ann',
  source: `${count}.jpg`,
  sourceHash: '',
  face: 0,
  box: { x: 0, y: 0, width: 100, height: 100 },
  points: [
    [30, 40],
    [70, 40],
    [50, 60],
    [35, 80],
    [65, 80],
  ] as const,
  flag: 1,
  transform: { a: 1, b: 0, tx: 0, ty: 0 },
  eyes: 40,
  sharpness: 100,
  pose: { yaw: 4 * (count % 10), pitch: 0, roll: 0 },
  hash: HASHES[count % HASHES.length] as string,
  descriptor: along(10 + count++, 0.3),
  inside: 1,
  ...change,
});

const reasonsOf = (faces: ReturnType<typeof face>[], rules: CurationRules = {}, oneEach = true) =>
  curate(faces, completeRules(rules), oneEach).map(({ reason }) => reason);

test('each rule leaves out what is beyond its limit, and nothing at it', () => {
  const limits: readonly (readonly [Parameters<typeof face>[0], Parameters<typeof face>[0], RegExp])[] = [
    [
      { transform: { a: 1.6, b: 0, tx: 0, ty: 0 } },
      { transform: { a: 0, b: 1.61, tx: 0, ty: 0 } },
      /^too small: 40 px/,
    ],
    [{ flag: 0.8 }, { flag: 0.79 }, /^hardly a face: confidence 0\.79, below 0\.8$/],
    [{ inside: 0.6 }, { inside: 0.59 }, /^cut off: 59 % of the crop/],
    [{ sharpness: 20 }, { sharpness: 19 }, /^blurred: sharpness 19, below 20$/],
    [{ pose: { yaw: -75, pitch: 0, roll: 0 } }, { pose: { yaw: -76, pitch: 0, roll: 0 } }, /to the side by 76 degrees/],
    [{ pose: { yaw: 0, pitch: 45, roll: 0 } }, { pose: { yaw: 0, pitch: 47, roll: 0 } }, /^looks down by 47 degrees$/],
  ];
  for (const [within, beyond, expected] of limits) {
    const [kept, left] = reasonsOf([face(within), face(beyond)]);
    assert.is(kept, undefined, String(expected));
    assert.match(left ?? '', expected);
  }
});

test('a face far from the median of its folder is a stranger, also when strangers are almost half', () => {
  const own = Array.from({ length: 4 }, () => face());
  const others = Array.from({ length: 3 }, () => face({ descriptor: along(0, 0.8) }));
  const reasons = reasonsOf([...others, ...own]);
  assert.ok(reasons.slice(0, 3).every((reason) => /^a stranger: distance 0\.80 from the others$/.test(reason ?? '')));
  assert.ok(reasons.slice(3).every((reason) => reason === undefined));
  assert.ok(reasonsOf([...others, ...own], { stranger: 2, duplicate: -1 }).every((reason) => reason === undefined));
});

test('of a picture with several faces the one like the others is kept, not the largest', () => {
  const source = 'group.jpg';
  const group = [face({ source, eyes: 90, descriptor: along(0, 2) }), face({ source, eyes: 30 })];
  const reasons = reasonsOf([face(), face(), face(), ...group]);
  assert.equal(reasons, [undefined, undefined, undefined, 'another face of the picture', undefined]);
  const blind = [{ eyes: 30 }, { eyes: 90 }].map((change) => face({ source, ...change, descriptor: undefined }));
  assert.equal(reasonsOf(blind), ['another face of the picture', undefined]);
});

test('near-duplicates: the same look, or the same pose of the same face; the largest stays', () => {
  const same = { descriptor: along(1, 0.3), pose: { yaw: 0, pitch: 0, roll: 0 }, hash: '0000000000000000' };
  const first = face({ ...same, source: 'small.jpg', eyes: 41 });
  const largest = face({ ...same, source: 'large.jpg', eyes: 60 });
  const turned = { yaw: 9, pitch: 0, roll: 0 };
  const near = along(1, 0.48); // 0.18 away
  const cases: readonly (readonly [Partial<SetFace>, boolean])[] = [
    [{ hash: '000000000000000f' }, true],
    [{ hash: '000000000000000f', pose: turned, descriptor: near }, true],
    [{ hash: '000000000000001f', pose: turned }, false],
    [{ hash: 'ffffffffffffffff' }, true],
    [{ hash: 'ffffffffffffffff', descriptor: near }, false],
    [{ hash: '0000000000000000', descriptor: along(1, 0.55) }, false],
  ];
  for (const [change, duplicate] of cases) {
    const reasons = reasonsOf([first, largest, face({ ...same, ...change, eyes: 50 })]);
    assert.is(reasons[0], 'nearly the same as large.jpg');
    assert.is(reasons[1], undefined);
    assert.is(reasons[2], duplicate ? 'nearly the same as large.jpg' : undefined, JSON.stringify(change));
  }
  assert.equal(reasonsOf([first, largest], { duplicate: -1 }), [undefined, undefined]);
});

test('people with few faces are left out; where people were told apart, all faces of a picture stay', () => {
  assert.match(reasonsOf([face(), face()], { faces: 3 })[0] ?? '', /^one of 2 faces of this person, fewer than 3$/);
  const source = 'twins.jpg';
  assert.equal(reasonsOf([face({ source }), face({ source })], {}, false), [undefined, undefined]);
});

test('the share of a crop inside its picture', () => {
  const picture = { width: 100, height: 100 };
  assert.is(shareInside({ a: 1, b: 0, tx: 0, ty: 0 }, 64, picture), 1);
  assert.is(shareInside({ a: 1, b: 0, tx: 32, ty: 0 }, 64, picture), 0.5);
  assert.is(shareInside({ a: 1, b: 0, tx: 500, ty: 0 }, 64, picture), 0);
});

test.run();
