/**
 * @file The rasteriser against a plain one in TypeScript, on a head of loose triangles; and the functions of the
 * shading, run on the device one by one, against the same in TypeScript.
 */
import { f32 } from '@visage/gpu';
import * as kernels from '@visage/kernels';
import * as assert from 'uvu/assert';
import { drawMasks, rasterised } from '../../packages/faces/src/heads/drawing/draw.ts';
import { packModel } from '../../packages/faces/src/heads/drawing/model.ts';
import { sharedExponent } from '../../packages/faces/src/heads/drawing/textures.ts';
import { viewFloats } from '../../packages/faces/src/heads/geometry/headModel.ts';
import { personFloats, personLayout } from '../../packages/faces/src/heads/people/layout.ts';
import { gpuSuite } from '../helpers/gpu.ts';
import { numbers, tinyHead } from './tinyHead.ts';

const { test, gpu } = await gpuSuite('drawing of heads');

const next = numbers(17);
const asset = tinyHead();
const vertices = asset.parts.reduce((sum, part) => sum + part.vertex.length, 0);
const surface = Float32Array.from({ length: vertices * 10 }, next);
const { words, ...packed } = packModel(asset, surface);
const window = Uint32Array.of(0, 1, 2, 6, 7, 8);
const reach = 0.2;
const model = {
  ...packed,
  gpu,
  buffer: gpu.upload(words),
  window: gpu.upload(window),
  windowTriangles: 2,
  reaches: gpu.upload(
    Float32Array.from({ length: 4 * packed.bodyVertices }, (_, k) => (k % 4 === 3 ? reach : k % 4 === 0 ? 1 : 0)),
  ),
  landmarks: gpu.upload(new Uint32Array(1)),
};

const eye = { x: 0.1, y: 6.9, z: 12, focal: 6 };
const shift = { x: 0.05, y: -0.04 };
const view = new Float32Array(viewFloats);
view.set([eye.x, eye.y, eye.z, eye.focal, shift.x, shift.y]);
view.set([1 / 2.3, 0, 0, 0, 0, 1 / 2.3, 0, -3, 0, 0, -0.125, 0.575], 8);
view.set([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0], 36);

/** Two pictures: the first wears the second style of brows and the third of hair, the other is bald. */
const people = new Float32Array(2 * personFloats);
const member = { key: 12, irradiance: 24, hair: 112, style: 116, fringe: 120 };
for (const [picture, hair, brows] of [
  [0, 3, 1],
  [1, 0, 0],
] as const) {
  const at = picture * personFloats;
  people.set([0.1, 0.1, 0.1, hair], at + member.hair);
  people.set([brows, 0, 0, -100], at + member.style);
  people.set([-100, 0, 0, 0], at + member.fringe);
  for (let k = 0; k < 36; k++) people[at + member.irradiance + k] = next() - 0.3;
  people.set([0.7, 0.1, 0.1, picture === 0 ? 0.9 : 0], at + personLayout.paint);
  people.set([3, 4, 0, 0], at + personLayout.stripes);
}
const positions = Float32Array.from(
  { length: 2 * packed.vertexSlots * 4 },
  (_, k) => [-1 + 2.2 * next(), 6 + 1.8 * next(), 2 * next(), 1][k % 4]!,
);
const carrier = Float32Array.from(
  { length: 2 * packed.bodyVertices * 4 },
  (_, k) => [-1 + 2.2 * next(), 6 + 1.8 * next(), 2 * next(), 1][k % 4]!,
);
const heads = {
  batch: 2,
  people: gpu.upload(people),
  views: gpu.upload(Float32Array.from([...view, ...view])),
  positions: gpu.upload(positions),
  normals: gpu.upload(positions),
  tangents: gpu.upload(positions),
  carrier: gpu.upload(carrier),
};

const size = 40;
const samples = 2;
const side = size * samples;

interface Corner {
  readonly x: number;
  readonly y: number;
  readonly d: number;
}
const corner = (data: Float32Array, row: number, pixels: number): Corner => {
  const [x, y, z] = [data[4 * row]!, data[4 * row + 1]!, data[4 * row + 2]!];
  const d = eye.z - z;
  return {
    x: (0.5 + 0.5 * ((eye.focal * (x - eye.x)) / d + shift.x)) * pixels,
    y: (0.5 - 0.5 * ((eye.focal * (y - eye.y)) / d + shift.y)) * pixels,
    d,
  };
};
/** Weights of a place in a triangle, and twice its area. */
function weights([a, b, c]: readonly Corner[], x: number, y: number): [number, number, number, number] {
  const area = (b!.x - a!.x) * (c!.y - a!.y) - (b!.y - a!.y) * (c!.x - a!.x);
  const v = ((x - a!.x) * (c!.y - a!.y) - (y - a!.y) * (c!.x - a!.x)) / area;
  const w = ((b!.x - a!.x) * (y - a!.y) - (b!.y - a!.y) * (x - a!.x)) / area;
  return [1 - v - w, v, w, area];
}

/** Opaque parts of tinyHead: triangle slots with the vertex slot of their first corner. */
const opaque = Array.from({ length: 47 }, (_, slot) => ({ slot, vertex: 3 * slot }));

test('every sample has the nearest opaque triangle, found in one pass', async () => {
  const floats = await gpu.read(rasterised(heads, model, { size, samples }));
  const found = new Uint32Array(floats).subarray(4);
  const each = found.length / 2;
  let [compared, doubtful] = [0, 0];
  for (let picture = 0; picture < 2; picture++) {
    const triangles = opaque.map(({ slot, vertex }) => ({
      slot,
      corners: [0, 1, 2].map((k) => corner(positions, picture * packed.vertexSlots + vertex + k, side)),
    }));
    for (let k = 0; k < side * side; k++) {
      const [x, y] = [(k % side) + 0.5, Math.floor(k / side) + 0.5];
      let [best, depth, second, edge] = [-1, 1e9, 1e9, 1e9];
      for (const { slot, corners } of triangles) {
        const [u, v, w, area] = weights(corners, x, y);
        edge = Math.min(edge, Math.abs(Math.min(u, v, w)) * Math.sqrt(Math.abs(area)));
        if (Math.min(u, v, w) < 0 || area > 0) continue;
        const d = 1 / (u / corners[0]!.d + v / corners[1]!.d + w / corners[2]!.d);
        if (d < depth) [second, depth, best] = [depth, d, slot];
        else second = Math.min(second, d);
      }
      const key = found[picture * each + k]!;
      const slot = key & 0x7fff;
      if (key !== 0xffffffff && slot >= opaque.length) continue; // a card lies before
      if (edge < 0.02 || (second < 1e8 && second - depth < 2e-4)) {
        doubtful++;
        continue;
      }
      compared++;
      assert.is(key === 0xffffffff ? -1 : slot, best, `picture ${picture}, sample ${k}`);
      if (best < 0) continue;
      const steps = (depth - eye.z + 4) * (131070 / 8);
      assert.ok(Math.abs((key >>> 15) - steps) < 2, `depth ${key >>> 15}, expected ${steps}`);
    }
  }
  assert.ok(compared > side * side && doubtful < 0.3 * side * side, `${compared} compared, ${doubtful} doubtful`);
});

test('cards are kept by chance, and of hair none on a bald head', async () => {
  const keys = new Uint32Array(await gpu.read(rasterised(heads, model, { size, samples }))).subarray(4);
  const again = new Uint32Array(await gpu.read(rasterised(heads, model, { size, samples }))).subarray(4);
  assert.equal(keys, again, 'to the bit');
  const each = keys.length / 2;
  const slots = [0, 1].map((picture) =>
    Array.from(keys.subarray(picture * each, picture * each + side * side), (key) =>
      key === 0xffffffff ? -1 : key & 0x7fff,
    ),
  );
  const { hair } = packed.triangles;
  assert.ok(
    slots[0]!.some((slot) => slot >= hair),
    'hair',
  );
  assert.ok(
    slots[0]!.every((slot) => slot < hair + 7),
    'the style has seven triangles of nine',
  );
  assert.ok(
    slots[1]!.every((slot) => slot < hair),
    'bald',
  );
});

test('shadow maps hold the depth that the light sees first: of the picture, and of the carrier', async () => {
  const found = new Uint32Array(await gpu.read(rasterised(heads, model, { size, samples }))).subarray(4);
  const each = found.length / 2;
  const at = each + side * side; // of the bald head
  const seen = (data: Float32Array, first: number) =>
    Array.from({ length: 40 }, (_, t) =>
      [0, 1, 2].map((k) => {
        const [x, y, z] = [0, 1, 2].map((axis) => data[4 * (first + 3 * t + k) + axis]!) as [number, number, number];
        return { x: (0.5 + x / 4.6) * 256, y: (0.5 - 0.5 * (y / 2.3 - 3)) * 256, d: 0.575 - 0.125 * z };
      }),
    );
  for (const [map, triangles] of [
    [0, seen(positions, packed.vertexSlots)],
    [1, seen(carrier, packed.bodyVertices)],
  ] as const) {
    const depths = new Float32Array(found.slice(at + map * 65536, at + (map + 1) * 65536).buffer);
    let compared = 0;
    for (let k = 0; k < 65536; k += 7) {
      let [nearest, edge] = [1e9, 1e9];
      for (const corners of triangles) {
        const [u, v, w, area] = weights(corners, (k % 256) + 0.5, Math.floor(k / 256) + 0.5);
        edge = Math.min(edge, Math.abs(Math.min(u, v, w)) * Math.sqrt(Math.abs(area)));
        if (Math.min(u, v, w) >= 0)
          nearest = Math.min(nearest, u * corners[0]!.d + v * corners[1]!.d + w * corners[2]!.d);
      }
      if (edge < 0.05) continue;
      compared++;
      if (nearest > 1e8) assert.ok(!(depths[k]! < 10), `texel ${k} of map ${map}`);
      else assert.ok(depths[k]! > nearest - 1e-4 && depths[k]! < nearest + 0.0205, `${depths[k]}, expected ${nearest}`);
    }
    assert.ok(compared > 5000, String(compared));
  }
});

test('the mask is what lies within reach of the window', async () => {
  const mask = await drawMasks(heads, model, size).floats();
  const gap = (p: { x: number; y: number }, a: Corner, b: Corner) => {
    const [dx, dy] = [b.x - a.x, b.y - a.y];
    const t = Math.min(1, Math.max(0, ((p.x - a.x) * dx + (p.y - a.y) * dy) / (dx * dx + dy * dy)));
    return Math.hypot(p.x - a.x - t * dx, p.y - a.y - t * dy);
  };
  for (let k = 0; k < 2 * size * size; k++) {
    const picture = Math.floor(k / (size * size));
    const p = { x: (k % size) + 0.5, y: (Math.floor(k / size) % size) + 0.5 };
    let beyond = 1e9;
    for (let t = 0; t < 2; t++) {
      const corners = [0, 1, 2].map((c) => corner(carrier, picture * packed.bodyVertices + window[3 * t + c]!, size));
      const radius = 1.5 + Math.max(...corners.map(({ d }) => (0.575 * eye.focal * size * reach) / d));
      const [u, v, w] = weights(corners, p.x, p.y);
      const edge = Math.min(...[0, 1, 2].map((c) => gap(p, corners[c]!, corners[(c + 1) % 3]!)));
      beyond = Math.min(beyond, Math.min(u, v, w) >= 0 ? -1 : edge - radius);
    }
    if (Math.abs(beyond) > 1e-3) assert.is(mask[k], beyond < 0 ? 1 : 0, `pixel ${k}`);
  }
});

/** What paint.wgsl reads of a spot. */
const spot = 'struct Spot { rest : vec3f, occlusion : f32 }';

/** Runs an expression of vec4f on the device for each row of inputs [rows, 8]. */
async function onDevice(expression: string, inputs: Float32Array): Promise<Float32Array> {
  const rows = inputs.length / 8;
  const out = gpu.alloc(16 * rows);
  const main = `
@group(0) @binding(0) var<storage, read> people : array<Person>;
@group(0) @binding(1) var<storage, read> views : array<View>;
@group(0) @binding(2) var<storage, read> model : array<u32>;
@group(0) @binding(3) var<storage, read> visibility : array<u32>;
@group(0) @binding(4) var<storage, read> inputs : array<vec4f>;
@group(0) @binding(5) var<storage, read_write> results : array<vec4f>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id : vec3u) {
  openRaster(vec4u(visibility[0], visibility[1], visibility[2], visibility[3]));
  if (id.x >= ${rows}u) { return; }
  let a = inputs[2u * id.x];
  let b = inputs[2u * id.x + 1u];
  results[id.x] = ${expression};
}`;
  const parts = [
    ...[kernels.headsPerson, kernels.headsView, kernels.headsNoise, kernels.headsTexture, kernels.headsVisibility],
    ...[kernels.headsProject, kernels.headsLight, kernels.headsDevelop, spot, kernels.headsPaint, main],
  ];
  gpu.dispatch({
    program: { name: 'test/shading', parts, constants: { ...packed.constants, UNUSED: f32(0) } },
    buffers: [
      heads.people,
      heads.views,
      model.buffer,
      gpu.upload(Uint32Array.of(0, size, samples, 0)),
      gpu.upload(inputs),
      out,
    ],
    grid: [Math.ceil(rows / 64), 1, 1],
  });
  return new Float32Array(await gpu.read(out));
}
const inputs = Float32Array.from({ length: 8 * 200 }, () => 2 * next() - 1);
const rowsOf = (f: (a: number[], b: number[]) => number[]): number[] =>
  Array.from({ length: 200 }, (_, k) =>
    f([...inputs.subarray(8 * k, 8 * k + 4)], [...inputs.subarray(8 * k + 4, 8 * k + 8)]),
  ).flat();
function near(actual: ArrayLike<number>, expected: readonly number[], tolerance: number): void {
  assert.is(actual.length, expected.length);
  for (const [k, value] of expected.entries())
    assert.ok(
      Math.abs(actual[k]! - value) <= tolerance * Math.max(1, Math.abs(value)),
      `${k}: ${actual[k]}, not ${value}`,
    );
}
const dot = (a: readonly number[], b: readonly number[]) => a[0]! * b[0]! + a[1]! * b[1]! + a[2]! * b[2]!;
const unit = (a: readonly number[]) => a.slice(0, 3).map((x) => x / Math.hypot(a[0]!, a[1]!, a[2]!));

test('noise is a smooth blend of hashes', async () => {
  const hash = (x: number, y: number, z: number) => {
    let h = Math.imul(Math.imul(x, 1597334673) ^ Math.imul(y, 3812015801) ^ Math.imul(z, 2798796415), 1597334673) >>> 0;
    h ^= h >>> 15;
    h = Math.imul(h, 2246822519) >>> 0;
    return ((h ^ (h >>> 13)) >>> 8) / 2 ** 24;
  };
  const noise = (p: number[]) => {
    const i = p.map(Math.floor);
    const u = p.map((x, k) => (x - i[k]!) ** 2 * (3 - 2 * (x - i[k]!)));
    let sum = 0;
    for (let c = 0; c < 8; c++) {
      const on = [c & 1, (c >> 1) & 1, c >> 2];
      const weight = on.reduce((product, bit, k) => product * (bit ? u[k]! : 1 - u[k]!), 1);
      sum += weight * hash(i[0]! + on[0]!, i[1]! + on[1]!, i[2]! + on[2]!);
    }
    return sum;
  };
  const fbm = (p: number[]) =>
    0.5 * noise(p) + 0.25 * noise(p.map((x) => 2.03 * x + 7.1)) + 0.25 * noise(p.map((x) => 4.1 * x + 3.7));
  const expected = rowsOf((a) => {
    const p = a.slice(0, 3).map((x) => 9 * x);
    return [noise(p), fbm(p), 0, 0];
  });
  near(await onDevice('vec4f(noise3(9.0 * a.xyz), fbm(9.0 * a.xyz), 0.0, 0.0)', inputs), expected, 2e-4);
});

test('light: irradiance of each colour at its own normal, and GGX', async () => {
  const expected = rowsOf((a, b) => {
    const e = [0, 1, 2].map((c) => {
      const n = unit([a[c]!, b[c]!, 0.3]);
      const [x, y, z] = n as [number, number, number];
      const basis = [1, y, z, x, x * y, y * z, 3 * z * z - 1, x * z, x * x - y * y];
      return Math.max(
        0,
        basis.reduce((sum, value, k) => sum + value * people[member.irradiance + 4 * k + c]!, 0),
      );
    });
    const [n, v, l] = [unit([a[0]!, a[1]!, 1]), unit([b[0]!, b[1]!, 1]), unit([a[3]!, b[3]!, 0.8])];
    const h = unit(v.map((x, k) => x + l[k]!));
    const [nl, nv, nh, vh] = [Math.max(dot(n, l), 0), Math.max(dot(n, v), 0.05), Math.max(dot(n, h), 0), dot(v, h)];
    const alpha = 0.4 ** 2;
    const spread = alpha ** 2 / (Math.PI * (nh * nh * (alpha ** 2 - 1) + 1) ** 2);
    const k = 1.4 ** 2 / 8;
    const masking = 0.25 / ((nl * (1 - k) + k) * (nv * (1 - k) + k));
    return [...e, spread * masking * (0.03 + 0.97 * (1 - vh) ** 5) * nl];
  });
  const normals =
    'mat3x3f(normalize(vec3f(a.x, b.x, 0.3)), normalize(vec3f(a.y, b.y, 0.3)), normalize(vec3f(a.z, b.z, 0.3)))';
  const ggx =
    'ggx(normalize(vec3f(a.xy, 1.0)), normalize(vec3f(b.xy, 1.0)), normalize(vec3f(a.w, b.w, 0.8)), 0.4, 0.03)';
  near(await onDevice(`vec4f(irradiance(0u, ${normals}), ${ggx})`, inputs), expected, 1e-4);
});

test('paint: stripes across the face of the mean head, and none without strength', async () => {
  const step = (low: number, high: number, x: number) => {
    const t = Math.min(1, Math.max(0, (x - low) / (high - low)));
    return t * t * (3 - 2 * t);
  };
  const expected = rowsOf((a) => {
    const [x, y, z] = [0.8 * a[0]!, 7 + 1.1 * a[1]!, 1 + a[2]!];
    const u = 3 * x + 4 * y;
    const front = step(0.4, 0.7, z) * step(6.02, 6.2, y + 0.15 * (z - 1.3)) * (1 - step(7.7, 7.95, y));
    const stripe = step(0.21, 0.29, Math.abs(u - Math.floor(u) - 0.5));
    return [0.9 * stripe * front * step(0.3, 0.5, 0.5 + 0.5 * a[3]!), 0, 0, 0];
  });
  const painted = expected.filter((value) => value > 0.4).length;
  assert.ok(painted > 20 && painted < 100, `${painted} of 200 places are painted`);
  const spotOf = 'Spot(vec3f(0.0, 7.0, 1.0) + vec3f(0.8, 1.1, 1.0) * a.xyz, 0.5 + 0.5 * a.w)';
  near(await onDevice(`vec4f(paintAt(0u, ${spotOf}), paintAt(1u, ${spotOf}), 0.0, 0.0)`, inputs), expected, 1e-3);
});

test('textures: levels of the pyramid, edges, and radiance with a common exponent', async () => {
  const { bytes, width } = asset.textures.hair;
  const texel = (x: number, y: number, c: number) => {
    // level 1: means of 2 x 2 texels, rounded to bytes
    const at = (i: number, j: number) => bytes[((width + (2 * y + j)) * width + 2 * x + i) * 2 + c]!;
    return Math.round((at(0, 0) + at(1, 0) + at(0, 1) + at(1, 1)) / 4) / 255;
  };
  const expected = rowsOf((a) => {
    const [u, v] = [a[0]! * 8 - 0.5, a[1]! * 8 - 0.5];
    const [x, y] = [Math.floor(u), Math.floor(v)];
    const turned = (k: number) => ((k % 8) + 8) % 8;
    return [0, 1].map((c) => {
      const mix = (row: number) =>
        texel(turned(x), turned(row), c) * (1 - u + x) + texel(turned(x + 1), turned(row), c) * (u - x);
      return mix(y) * (1 - v + y) + mix(y + 1) * (v - y);
    });
  });
  const got = await onDevice('bilinear(HAIR, 1u, 1u, a.xy, vec2<bool>(true))', inputs);
  near(
    got.filter((_, k) => k % 4 < 2),
    expected,
    1e-4,
  );
  for (const value of [0.0003, 0.01, 0.5, 1, 39.9]) {
    const word = sharedExponent(value, value / 3, 0);
    const scale = 2 ** ((word >>> 27) - 24);
    assert.ok(Math.abs((word & 511) * scale - value) < value / 250);
    assert.ok(Math.abs(((word >>> 9) & 511) * scale - value / 3) < value / 250);
  }
});

test.run();
