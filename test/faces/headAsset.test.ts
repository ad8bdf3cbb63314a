/** @file The head asset that ships: what is in it, where it comes from, and that it is what its reader expects. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type HeadAsset, type HeadPart, headAssetFiles, partKinds } from '@visage/faces';
import { loadHeadAsset } from '@visage/faces/node';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('head asset');
const root = new URL('../../', import.meta.url);
const provenance = JSON.parse(readFileSync(new URL('scripts/heads/provenance.json', root), 'utf8'));
let asset: HeadAsset;

test.before(async () => {
  asset = await loadHeadAsset();
});

const named = (kind: string) => asset.parts.filter((part) => part.kind === kind);
const sizes = (kind: string) =>
  named(kind).map(({ refs, vertex, triangles }) => [refs.length / 3, vertex.length, triangles.length / 3]);

/** Positions of a part's points [points, 3] on the mean head. */
function positionsOf({ refs, weights, offsets }: HeadPart): Float64Array {
  return Float64Array.from(offsets, (offset, i) => {
    const k = i - (i % 3);
    const follow = [0, 1, 2].map((j) => weights[k + j]! * asset.base[3 * refs[k + j]! + (i % 3)]!);
    return follow.reduce((a, b) => a + b, offset);
  });
}

/** The positions of a base vertex. */
const baseAt = (v: number) => [...asset.base.subarray(3 * v, 3 * v + 3)];

test('both files have their hash and stay below 4 MB', () => {
  const hashes = JSON.parse(readFileSync(new URL('scripts/heads/hashes.json', root), 'utf8'));
  for (const name of Object.values(headAssetFiles)) {
    const bytes = readFileSync(new URL(`packages/faces/assets/${name}`, root));
    assert.is(createHash('sha256').update(bytes).digest('hex'), hashes[name], name);
    assert.ok(bytes.length < 4_000_000, `${name} has ${bytes.length} bytes`);
  }
});

test('the mesh has its parts, and each style its points, vertices and triangles', () => {
  assert.is(asset.base.length / 3, 6014);
  assert.equal([...new Set(asset.parts.map(({ kind }) => kind))], [...partKinds]);
  assert.equal(sizes('body'), [[5073, 5305, 10044]]);
  assert.equal(sizes('eyes'), [[1064, 552, 1060]]);
  assert.equal(sizes('tongue'), [[226, 264, 448]]);
  assert.equal(sizes('brows'), Array(12).fill([124, 126, 192]));
  assert.equal(
    sizes('lashes').map(([points, , triangles]) => [points, triangles]),
    Array(4).fill([250, 368]),
  );
  const [teeth] = sizes('teeth');
  assert.is(teeth?.[2], 1424);
  const hair = 'afro01 bob01 bob02 Braid01 long01 ponytail01 short01 short02 short03 short04';
  assert.equal(
    named('hair').map(({ name }) => name),
    hair.split(' '),
  );
  assert.equal(
    sizes('hair').map(([points]) => points),
    [2196, 5203, 1653, 4493, 3239, 3718, 2984, 1755, 1011, 865],
  );
});

test('points follow the base mesh by weights of sum 1, and lie near the head', () => {
  for (const part of asset.parts) {
    for (let k = 0; k < part.weights.length; k += 3) {
      const sum = part.weights[k]! + part.weights[k + 1]! + part.weights[k + 2]!;
      assert.ok(Math.abs(sum - 1) < 1e-6, `${part.name}: the weights of point ${k / 3} sum to ${sum}`);
    }
    const positions = positionsOf(part);
    const lowest = part.kind === 'hair' ? 0 : 4; // long hair falls down the back
    for (let k = 0; k < positions.length; k += 3) {
      const [x, y, z] = positions.subarray(k, k + 3);
      const isNear = Math.abs(x!) < 2.8 && y! > lowest && y! < 9.5 && Math.abs(z!) < 3;
      assert.ok(isNear, `${part.name}: point ${k / 3} lies at ${x}, ${y}, ${z}`);
    }
  }
});

test('triangles are counterclockwise from outside: those in front of a part turn left before the viewer', () => {
  for (const kind of ['body', 'eyes', 'teeth', 'tongue']) {
    const part = named(kind)[0]!;
    const positions = positionsOf(part);
    const at = (corner: number) => positions.subarray(3 * part.vertex[corner]!, 3 * part.vertex[corner]! + 3);
    const triangles = Array.from({ length: part.triangles.length / 3 }, (_, t) => {
      const [a, b, c] = [0, 1, 2].map((k) => at(part.triangles[3 * t + k]!));
      const area = (b![0]! - a![0]!) * (c![1]! - a![1]!) - (b![1]! - a![1]!) * (c![0]! - a![0]!);
      return { area, depth: a![2]! + b![2]! + c![2]! };
    });
    const front = triangles.sort((a, b) => b.depth - a.depth).slice(0, triangles.length / 10);
    const left = front.filter(({ area }) => area > 0).reduce((sum, { area }) => sum + area, 0);
    const all = front.reduce((sum, { area }) => sum + Math.abs(area), 0);
    assert.ok(left > 0.6 * all, `${kind}: ${left / all} of its front turns left`);
  }
});

test('landmarks are symmetric and lie where their parts of the face do', () => {
  const points = [...asset.landmarks].map(baseAt);
  const pairs = [...Array.from({ length: 8 }, (_, k) => [k, 16 - k]), [36, 45], [39, 42], [48, 54], [31, 35]];
  for (const [left, right] of pairs) {
    const [p, q] = [points[left!]!, points[right!]!];
    assert.ok(Math.abs(p[0]! + q[0]!) < 2e-3 && Math.abs(p[1]! - q[1]!) < 2e-3, `landmarks ${left} and ${right}`);
    assert.ok(p[0]! < q[0]!, `landmark ${left} lies to the left of ${right}`);
  }
  const [chin, tip, eye] = [points[8]!, points[30]!, points[36]!];
  assert.ok(chin[1]! < 6.3 && tip[2]! > 1.6 && Math.abs(eye[1]! - 7.28) < 0.1);
});

test('targets are those of the list of provenance, and nothing that was left out', () => {
  assert.equal(asset.targets.names, provenance.targets);
  const shipped = new Set(asset.targets.names);
  for (const name of Object.keys(provenance.leftOut.targets)) assert.not.ok(shipped.has(name), name);
  const folders: Record<string, string> = { brows: 'eyebrows', lashes: 'eyelashes' };
  const parts = asset.parts.slice(1).map(({ kind, name }) => `${folders[kind] ?? kind}/${name}`);
  assert.equal(parts, provenance.parts);
  for (const name of Object.keys(provenance.leftOut.parts)) assert.not.ok(parts.includes(name), name);
});

test('a target moves the part of the face that it names', () => {
  const movesOf = (name: string) => {
    const k = asset.targets.names.indexOf(name);
    assert.ok(k >= 0, name);
    return [...asset.targets.index.subarray(asset.targets.start[k], asset.targets.start[k + 1])].map(baseAt);
  };
  for (const [x, y] of movesOf('expression/units/caucasian/eye-left-closure')) {
    assert.ok(x! > 0 && y! > 6.9 && y! < 7.8, `the left lid lies at ${x}, ${y}`);
  }
  const lip = movesOf('mouth/mouth-lowerlip-volume-inflate');
  assert.ok(lip.length > 20 && lip.every(([x, y]) => Math.abs(x!) < 0.5 && y! > 6.3 && y! < 6.8));
});

test('the crown sees the sky, the neck less, and hair shades the head under it', () => {
  const body = named('body')[0]!;
  const positions = positionsOf(body);
  const meanOf = (row: Uint8Array, isIn: (y: number, z: number) => boolean) => {
    const chosen = [...Array(positions.length / 3).keys()].filter((p) =>
      isIn(positions[3 * p + 1]!, positions[3 * p + 2]!),
    );
    assert.ok(chosen.length > 20);
    return chosen.reduce((sum, p) => sum + row[p]!, 0) / chosen.length;
  };
  const [bald, , bob] = asset.occlusion;
  const crown = (y: number) => y > 8.2;
  assert.ok(meanOf(bald!, crown) > 250);
  assert.ok(meanOf(bald!, (y, z) => y > 5.6 && y < 6 && z > 0) < 230);
  assert.ok(meanOf(bob!, crown) < 120);
});

test('textures have their layers', () => {
  const { skinWindow, irradiance, ...layers } = asset.textures;
  const shapes = Object.entries(layers).map(([name, { names, height, width, channels, bytes }]) => {
    assert.is(bytes.length, names.length * height * width * channels, name);
    return [name, names.length, height, width, channels];
  });
  assert.equal(
    new Set(shapes.map(String)),
    new Set([
      'skins,20,360,190,3',
      'hair,10,512,512,2',
      'brows,12,256,256,2',
      'lashes,4,256,256,1',
      'irises,9,256,256,3',
      'mouth,2,256,256,3',
      'environments,18,256,512,3',
    ]),
  );
  assert.equal(skinWindow, [322 / 512, 85 / 512, 1, 445 / 512]);
  assert.is(irradiance.length, 18 * 27);
});

test('the density of a skin is zero in the mean over cheeks and forehead', () => {
  const { names, height, width, bytes } = asset.textures.skins;
  for (let layer = 0; layer < names.length; layer++) {
    let [sum, count] = [0, 0];
    for (let y = 120; y < 230; y++) {
      for (let x = 70; x < 148; x++, count++) sum += bytes[((layer * height + y) * width + x) * 3 + 1]!;
    }
    assert.ok(Math.abs(sum / count - 128) < 2, `${names[layer]}: ${sum / count}`);
  }
});

test('the first coefficient of irradiance is the mean radiance, and the light comes from above', () => {
  const { names, height, width, bytes } = asset.textures.environments;
  const radiance = (byte: number) => 0.01 * (2 ** ((byte / 255) * Math.log2(1 + 40 / 0.01)) - 1);
  for (let layer = 0; layer < names.length; layer++) {
    let [sum, area] = [0, 0];
    for (let y = 0; y < height; y++) {
      const weight = Math.sin(((y + 0.5) / height) * Math.PI);
      for (let x = 0; x < width; x++, area += weight) {
        sum += weight * radiance(bytes[((layer * height + y) * width + x) * 3 + 1]!);
      }
    }
    const [first, up] = [asset.textures.irradiance[layer * 27 + 1]!, asset.textures.irradiance[layer * 27 + 4]!];
    assert.ok(Math.abs(first / (sum / area) - 1) < 0.05, `${names[layer]}: ${first} and ${sum / area}`);
    assert.ok(up > 0, `${names[layer]} is darker above`);
  }
});

test.run();
