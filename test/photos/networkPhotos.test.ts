/**
 * @file The networks on photographs against the numbers of their own runtimes (TensorFlow.js 4.22.0): where faces are,
 * whose they are, and where the points of the mesh lie. The photographs come from packages and are not stored here.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type Box, cropOf, cropPictures, loadFaceNetworks, type Picture, picture } from '@visage/photos';
import { npmWeights } from '@visage/photos/node';
import { scope } from '@visage/tensor';
import sharp from 'sharp';
import * as assert from 'uvu/assert';
import { fixtureFile } from '../helpers/fixtures.ts';
import { gpuSuite } from '../helpers/gpu.ts';

const { test } = await gpuSuite('networks on photographs');
const networks = loadFaceNetworks(npmWeights);

/** A file of a package that a golden was computed of. */
interface Source {
  readonly package: string;
  readonly path: string;
  readonly sha256: string;
}

/** A photograph of face-api-photos.json: its faces have boxes and squares [x, y, width, height] in pixels. */
interface Photo extends Source {
  readonly rgbSha256: string;
  readonly faces: readonly {
    readonly score: number;
    readonly box: readonly number[];
    readonly chip: readonly [x: number, y: number, side: number, side: number];
    readonly descriptor: readonly number[];
  }[];
}

/** A square crop [x, y, side] of human-facemesh-blazeface.json with the points that the mesh has there. */
interface MeshPhoto extends Source {
  readonly crop: readonly [x: number, y: number, side: number];
  readonly mesh: readonly number[];
}

const golden = (file: string) =>
  JSON.parse(readFileSync(new URL(`../golden/media/${file}`, import.meta.url), 'utf8')).photos;
const photos: readonly Photo[] = golden('face-api-photos.json');
const meshPhotos: readonly MeshPhoto[] = golden('human-facemesh-blazeface.json');

/**
 * The detector takes seconds a photograph on a software adapter, so two of the eight have to do; these have 7 faces.
 */
const MEASURED = ['demo/sample1.jpg', 'demo/sample4.jpg'];

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const npmFolder = dirname(dirname(createRequire(import.meta.url).resolve('@vladmandic/face-api')));

/** The picture of a golden, and the hash of its RGB bytes: another JPEG decoder may round differently. */
async function decoded({ package: name, path, sha256: expected }: Source): Promise<{ photo: Picture; rgb: string }> {
  const [kind, id] = name.split(' ') as [string, string];
  const bytes = readFileSync(kind === 'npm' ? join(npmFolder, path) : await fixtureFile(id, path));
  assert.is(sha256(bytes), expected, `${path} of ${name}`);
  const image = sharp(bytes).toColourspace('srgb').removeAlpha();
  const { data, info } = await image.clone().raw().toBuffer({ resolveWithObject: true });
  const rgba = await image.ensureAlpha().raw().toBuffer();
  return { photo: picture(info.width, info.height, new Uint8Array(rgba)), rgb: sha256(data) };
}

/** TensorFlow's resize of a square to `size`. */
const resized = (photo: Picture, squares: readonly (readonly [x: number, y: number, side: number])[], size: number) =>
  cropPictures(
    photo,
    squares.map(([x, y, side]) => cropOf(x, y, side, size)),
    size,
    { sampling: 'bilinear', origin: 'index' },
  );

interface Found {
  readonly score: number;
  readonly box: Box;
}

/** Intersection over union. */
function overlap(a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  const both = Math.max(0, width) * Math.max(0, height);
  return both / (a.width * a.height + b.width * b.height - both);
}

/**
 * Faces above 0.5, of those that overlap by more than half only the surest, from left to right.
 *
 * face-api takes the sides of the shrunken photograph as whole pixels when it scales boxes back, and so does this.
 */
async function detected(photo: Picture): Promise<Found[]> {
  const detector = await networks.detector();
  const side = Math.max(photo.width, photo.height);
  const [across, down] = [photo.width, photo.height].map(
    (extent) => (extent * detector.size) / Math.round((extent * detector.size) / side),
  ) as [number, number];
  const { boxes, scores } = scope(() => detector.run(resized(photo, [[0, 0, side]], detector.size)));
  const [corners, sure] = await Promise.all([boxes.floats(), scores.floats()]);
  const found = [...sure].flatMap((score, k): Found[] => {
    if (score < 0.5) return [];
    const [top, left, bottom, right] = corners.subarray(4 * k, 4 * k + 4) as unknown as [
      number,
      number,
      number,
      number,
    ];
    const box = { x: left * across, y: top * down, width: (right - left) * across, height: (bottom - top) * down };
    return [{ score, box }];
  });
  const kept: Found[] = [];
  for (const face of found.sort((a, b) => b.score - a.score))
    if (kept.every(({ box }) => overlap(box, face.box) <= 0.5)) kept.push(face);
  return kept.sort((a, b) => a.box.x - b.box.x);
}

/** The largest difference of two lists. */
function largestDifference(got: ArrayLike<number>, expected: readonly number[]): number {
  assert.is(got.length, expected.length);
  return expected.reduce((most, value, k) => Math.max(most, Math.abs((got[k] as number) - value)), 0);
}

for (const path of MEASURED)
  test(`${path}: boxes, scores and descriptors of its faces`, async () => {
    const golden = photos.find((each) => each.path === path) as Photo;
    const { photo, rgb } = await decoded(golden);
    const [pixels, distance, tolerance] = rgb === golden.rgbSha256 ? [0.1, 0.001, 1e-3] : [2, 0.05, 0.02];
    const found = await detected(photo);
    assert.is(found.length, golden.faces.length, 'faces');
    const chips = golden.faces.map(({ chip: [x, y, side] }) => [x, y, side] as const);
    const recogniser = await networks.recogniser();
    const descriptors = await scope(() => recogniser.run(resized(photo, chips, recogniser.size))).descriptors.floats();
    for (const [k, { box, score, descriptor }] of golden.faces.entries()) {
      const { box: got, score: sure } = found[k] as Found;
      const off = largestDifference([got.x, got.y, got.width, got.height], box);
      assert.ok(off < pixels, `face ${k}: its box is ${off} px off`);
      assert.ok(Math.abs(sure - score) < tolerance, `face ${k}: score ${sure}, expected ${score}`);
      const far = Math.hypot(...descriptor.map((value, d) => value - (descriptors[128 * k + d] as number)));
      assert.ok(far < distance, `face ${k}: its descriptor is ${far} away`);
    }
  });

for (const golden of meshPhotos)
  test(`${golden.path.split('/').at(-1)}: 468 points of a face, within 0.05 pixels`, async () => {
    const { photo } = await decoded(golden);
    const network = await networks.mesh();
    const { mesh, flag } = scope(() => network.run(resized(photo, [golden.crop], network.size)));
    const points = (await mesh.floats()).filter((_, k) => k % 3 < 2);
    const off = largestDifference(points, golden.mesh);
    assert.ok(off < 0.05, `${off} px`);
    assert.ok(((await flag.floats())[0] as number) > 0.999, 'it is a face');
  });

test.after(() => networks.dispose());
test.run();
