import {
  assignOneToOne,
  clusterDescriptors,
  descriptorDistance,
  type GreyPicture,
  greyOf,
  greyOfCrop,
  hashDistance,
  MESH_POINTS,
  meanDescriptor,
  perceptualHash,
  picture,
  poseOfMesh,
  poseOfPoints,
  resizedGrey,
  samePerson,
  sharpness,
} from '@visage/photos';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hostRandom } from '../helpers/random.ts';

const test = suite('people');

/** Descriptors of `people` people, `each` of each, in turn. Two of one person are about `spread` apart. */
function descriptorsOf(people: number, each: number, spread: number, seed = 1): Float32Array[] {
  const random = hostRandom(seed);
  const middles = Array.from({ length: people }, () => random.normals(128, 0.9 / 16)); // 0.9 apart
  return Array.from({ length: people * each }, (_, k) => {
    const noise = random.normals(128, spread / 16);
    return (middles[k % people] as Float32Array).map((value, i) => value + (noise[i] as number));
  });
}

test('the mean of noisy descriptors is nearer to the person than each of them', () => {
  const [a, b, c, d] = descriptorsOf(1, 4, 0.4) as [Float32Array, Float32Array, Float32Array, Float32Array];
  const mean = meanDescriptor([a, b, c]);
  assert.ok(descriptorDistance(mean, d) < Math.min(...[a, b, c].map((each) => descriptorDistance(each, d))));
  assert.is(descriptorDistance(Float32Array.of(1, 2), Float32Array.of(4, 6)), 5);
});

test('descriptors of another length are refused', () => {
  const [short, long] = [new Float32Array(3), new Float32Array(4)];
  assert.throws(() => descriptorDistance(short, long), /b is 4 numbers, expected 3/);
  assert.throws(() => meanDescriptor([short, long]), /4 numbers/);
  assert.throws(() => meanDescriptor([]), /an empty list/);
  assert.throws(() => clusterDescriptors([short, long]), /descriptors\[1\] is 4 numbers/);
});

test('an assignment has the least sum of costs, found by trying all', () => {
  const random = hostRandom(5);
  const limit = 0.7;
  for (const [rows, columns] of [
    [3, 3],
    [2, 5],
    [5, 2],
    [4, 3],
  ] as const) {
    const costs = Array.from({ length: rows }, () => Array.from({ length: columns }, () => random.uniform()));
    const total = (assigned: readonly (number | undefined)[]): number =>
      assigned.reduce<number>(
        (sum, column, row) => sum + (column === undefined ? limit : (costs[row]?.[column] ?? 9)),
        0,
      );
    const least = (row: number, free: readonly number[], before: (number | undefined)[]): number =>
      row === rows
        ? total(before)
        : Math.min(
            least(row + 1, free, [...before, undefined]),
            ...free.map((column) =>
              least(
                row + 1,
                free.filter((other) => other !== column),
                [...before, column],
              ),
            ),
          );
    const found = assignOneToOne(costs, limit);
    const taken = found.filter((column) => column !== undefined);
    assert.is(new Set(taken).size, taken.length, 'one to one');
    assert.ok(Math.abs(total(found) - least(0, [...Array(columns).keys()], [])) < 1e-9, `${rows} x ${columns}`);
  }
});

test('no row gets a column beyond the limit, and no faces or people are no error', () => {
  assert.equal(assignOneToOne([[0.9, 0.8]], samePerson), [undefined]);
  assert.equal(assignOneToOne([[0.1], [0.2]], samePerson), [0, undefined]);
  assert.equal(assignOneToOne([[], []], samePerson), [undefined, undefined]);
  assert.equal(assignOneToOne([], samePerson), []);
  assert.throws(() => assignOneToOne([[1, 2], [1]], 1), /costs\[1\] is 1 numbers, expected 2/);
  assert.throws(() => assignOneToOne([[Number.NaN]], 1), /NaN/);
});

test('clusters are the people, whatever their number', () => {
  for (const people of [1, 2, 7, 30]) {
    const expected = Array.from({ length: people * 6 }, (_, k) => k % people);
    assert.equal(clusterDescriptors(descriptorsOf(people, 6, 0.35)), expected, `${people} people`);
  }
  assert.equal(clusterDescriptors([]), []);
});

test('two people stay apart although one pair of their pictures is too near', () => {
  const faces = descriptorsOf(2, 8, 0.3);
  const bridge = meanDescriptor([faces[0] as Float32Array, faces[1] as Float32Array]);
  faces[2] = meanDescriptor([faces[0] as Float32Array, faces[0] as Float32Array, bridge]); // of the first person
  assert.ok(descriptorDistance(faces[2], faces[1] as Float32Array) > 0);
  const clusters = clusterDescriptors(faces, 0.75); // a threshold that joins many pairs of the two
  assert.equal(
    clusters,
    faces.map((_, k) => k % 2),
  );
});

test('faces of one picture are different people, however near their descriptors', () => {
  const faces = descriptorsOf(1, 6, 0.1);
  assert.equal(clusterDescriptors(faces), [0, 0, 0, 0, 0, 0]);
  const clusters = clusterDescriptors(faces, samePerson, [0, 0, 1, 1, 2, 2]);
  for (const k of [0, 2, 4]) assert.is.not(clusters[k], clusters[k + 1]);
  assert.throws(() => clusterDescriptors(faces, samePerson, [0]), /pictures/);
});

/** Stripes and a disk: a picture with something to see at every scale. */
function scene(side: number, brightness = 1): GreyPicture {
  const data = Float32Array.from({ length: side * side }, (_, k) => {
    const [x, y] = [(k % side) / side, Math.floor(k / side) / side];
    const disk = Math.hypot(x - 0.4, y - 0.6) < 0.25 ? 90 : 0;
    return brightness * (60 + 40 * Math.sin(9 * x + 4 * y) + disk);
  });
  return { width: side, height: side, data };
}

const blurred = ({ width, height, data }: GreyPicture): GreyPicture => ({
  width,
  height,
  data: data.map((value, k) => {
    const around = [-1, 1, -width, width].map((step) => data[k + step] ?? value);
    return around.reduce((sum, each) => sum + each / 8, value / 2);
  }),
});

test('blur lowers the sharpness, step by step', () => {
  const noise = hostRandom(3).normals(64 * 64, 20, 128);
  let sharp: GreyPicture = { width: 64, height: 64, data: noise };
  // The Laplacian of independent noise has 20 times its variance (1 + 1 + 1 + 1 + 16).
  assert.ok(Math.abs(sharpness(sharp) / (20 * 20 ** 2) - 1) < 0.1);
  for (let k = 0; k < 3; k++) {
    const softer = blurred(sharp);
    assert.ok(sharpness(softer) < sharpness(sharp) / 2);
    sharp = softer;
  }
  assert.is(sharpness({ width: 8, height: 8, data: new Float32Array(64).fill(77) }), 0);
  assert.throws(() => sharpness({ width: 2, height: 9, data: new Float32Array(18) }), /at least 3 x 3/);
});

test('a hash recognises a picture that was resized, darkened or blurred, and no other', () => {
  const hash = perceptualHash(scene(112));
  for (const copy of [resizedGrey(scene(112), 70, 81), scene(256), scene(112, 0.7), blurred(scene(112))])
    assert.ok(hashDistance(hash, perceptualHash(copy)) <= 6, `${hashDistance(hash, perceptualHash(copy))} bits`);
  const random = hostRandom(8);
  const others = Array.from({ length: 20 }, () => ({ width: 9, height: 9, data: random.normals(81, 40, 128) }));
  for (const other of others) assert.ok(hashDistance(hash, perceptualHash(other)) > 12);
  assert.throws(() => hashDistance(hash, 'abc'), /16 hexadecimal digits/);
});

test('grey is luma, from pictures and from crops alike', () => {
  const colours = [255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 255, 255, 255, 255, 255];
  const expected = [76.245, 149.685, 29.07, 255];
  const near = (grey: GreyPicture): void => {
    for (const [k, value] of grey.data.entries()) assert.ok(Math.abs(value - (expected[k] as number)) < 1e-3);
  };
  near(greyOf(picture(2, 2, Uint8Array.from(colours))));
  const crop = Float32Array.from(colours.filter((_, k) => k % 4 < 3)).map((value) => value / 255);
  near(greyOfCrop(Float32Array.of(...crop.map(() => 0.5), ...crop), 2, 1));
  assert.throws(() => greyOfCrop(crop, 2, 1), /face is 1/);
});

/** Points of the mesh, from the front: x to the right, y up, z to the camera, in centimetres. */
const HEAD: readonly (readonly [point: number, x: number, y: number, z: number])[] = [
  [33, -4.446, 2.664, 3.173],
  [133, -1.856, 2.585, 3.758],
  [362, 1.856, 2.585, 3.758],
  [263, 4.446, 2.664, 3.173],
  [1, 0, -1.127, 7.476],
  [61, -2.456, -4.343, 4.284],
  [291, 2.456, -4.343, 4.284],
];

/** The mesh of a head that is turned, seen from a distance in centimetres. */
function meshOf(yaw: number, pitch: number, roll: number, distance = 1e6): Float32Array {
  const mesh = new Float32Array(2 * MESH_POINTS);
  const [a, b, c] = [yaw, pitch, -roll].map((angle) => (angle * Math.PI) / 180) as [number, number, number];
  for (const [point, x, y, z] of HEAD) {
    const [x1, z1] = [x * Math.cos(a) + z * Math.sin(a), z * Math.cos(a) - x * Math.sin(a)];
    const [y2, z2] = [y * Math.cos(b) - z1 * Math.sin(b), y * Math.sin(b) + z1 * Math.cos(b)];
    const [x3, y3] = [x1 * Math.cos(c) - y2 * Math.sin(c), x1 * Math.sin(c) + y2 * Math.cos(c)];
    const scale = (17 * distance) / (distance - z2);
    mesh.set([400 + scale * x3, 300 - scale * y3], 2 * point);
  }
  return mesh;
}

test('the pose is the rotation of the head', () => {
  for (const [yaw, pitch, roll] of [
    [0, 0, 0],
    [30, 0, 0],
    [0, 20, 0],
    [0, 0, 25],
    [-50, -15, 140],
  ] as const) {
    const found = poseOfMesh(meshOf(yaw, pitch, roll));
    for (const [name, angle] of Object.entries({ yaw, pitch, roll }))
      assert.ok(Math.abs(found[name as keyof typeof found] - angle) < 0.05, `${name} ${JSON.stringify(found)}`);
  }
});

test('five points alone tell the pose', () => {
  const points = (mesh: Float32Array, point: number): [number, number] => [
    mesh[2 * point] as number,
    mesh[2 * point + 1] as number,
  ];
  const middle = ([a, b]: readonly [number, number], [c, d]: readonly [number, number]) =>
    [(a + c) / 2, (b + d) / 2] as const;
  for (const [yaw, pitch, roll] of [
    [0, 0, 0],
    [35, 0, 10],
    [-20, 15, 0],
  ] as const) {
    const mesh = meshOf(yaw, pitch, roll);
    const eyes = [middle(points(mesh, 33), points(mesh, 133)), middle(points(mesh, 362), points(mesh, 263))] as const;
    const found = poseOfPoints([...eyes, points(mesh, 1), points(mesh, 61), points(mesh, 291)]);
    // point 1 lies 3 mm below the middle of the tip, which counts as looking down a little
    for (const [name, angle] of Object.entries({ yaw, pitch, roll }))
      assert.ok(Math.abs(found[name as keyof typeof found] - angle) < 7, `${name} ${JSON.stringify(found)}`);
  }
  assert.throws(
    () =>
      poseOfPoints([
        [1, 1],
        [1, 1],
        [1, 1],
        [1, 1],
        [1, 1],
      ]),
    /points on a line/,
  );
});

test('the signs of a pose are those that a viewer sees', () => {
  const nose = (mesh: Float32Array): [number, number] => [mesh[2] as number, mesh[3] as number];
  const [x, y] = nose(meshOf(0, 0, 0));
  assert.ok(nose(meshOf(20, 0, 0))[0] > x, 'the nose moves to the right');
  assert.ok(nose(meshOf(0, 20, 0))[1] > y, 'the nose moves down');
  const tilted = meshOf(0, 0, 20);
  assert.ok((tilted[2 * 263 + 1] as number) > (tilted[2 * 33 + 1] as number), 'the right eye is the lower one');
});

test('perspective of a near camera moves the pose by a few degrees', () => {
  let worst = 0;
  for (const yaw of [-40, 0, 40]) {
    for (const pitch of [-20, 0, 20]) {
      const found = poseOfMesh(meshOf(yaw, pitch, 10, 100));
      worst = Math.max(worst, Math.abs(found.yaw - yaw), Math.abs(found.pitch - pitch), Math.abs(found.roll - 10));
    }
  }
  assert.ok(worst < 4, `${worst} degrees`);
});

test('a mesh on a line has no pose', () => {
  assert.throws(() => poseOfMesh(new Float32Array(2 * MESH_POINTS)), /points on a line/);
  assert.throws(() => poseOfMesh(new Float32Array(10)), /10 numbers, expected 936/);
});

test.run();
