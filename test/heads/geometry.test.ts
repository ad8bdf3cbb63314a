/**
 * @file The kernels of the shapes of heads against plain TypeScript in float64, each from what the kernel before it
 * left; and what must hold to the bit.
 */
import { type HeadPart, partKinds } from '@visage/faces';
import { loadHeadAsset } from '@visage/faces/node';
import { record, tensor } from '@visage/tensor';
import * as assert from 'uvu/assert';
import { growthOf, partWindows, pointAt, windowsOf } from '../../packages/faces/src/heads/geometry/fields.ts';
import { HeadModel, type HeadShapes, viewFloats } from '../../packages/faces/src/heads/geometry/headModel.ts';
import * as reference from '../../packages/faces/src/heads/geometry/reference.ts';
import {
  posedPoints,
  projected,
  type ReferenceView,
  referenceView,
} from '../../packages/faces/src/heads/geometry/referenceView.ts';
import { personFloats, personLayout } from '../../packages/faces/src/heads/people/layout.ts';
import { People } from '../../packages/faces/src/heads/people/people.ts';
import { gpuSuite } from '../helpers/gpu.ts';
import { type HeadNumbers, headBatch } from '../helpers/headBatch.ts';

type Vector = reference.Vector;

const { test, gpu } = await gpuSuite('shapes of heads');
const asset = await loadHeadAsset();
const model = new HeadModel(asset, gpu);
const { layout } = model;
const seeds = [1, 2, 3];
const numbers = headBatch(asset, layout.targets, seeds);
const tolerance = 1e-5;

const tensorsOf = ({ people, weights }: HeadNumbers) => {
  const batch = people.length / personFloats;
  return {
    people: tensor(people, [batch, personFloats], { gpu }),
    weights: tensor(weights, [batch, 2, layout.targets], { gpu }),
  };
};
type Values = Record<keyof HeadShapes, Float32Array>;
async function valuesOf(shapes: HeadShapes): Promise<Values> {
  const entries = Object.entries(shapes).map(async ([name, x]) => [name, await x.floats()] as const);
  return Object.fromEntries(await Promise.all(entries)) as Values;
}
const got = await valuesOf(model.shape(tensorsOf(numbers)));

const rowOf = (x: Float32Array, n: number): Float32Array => {
  const size = x.length / seeds.length;
  return x.subarray(n * size, (n + 1) * size);
};
/** Rows of four numbers without the last. */
const triples = (x: Float32Array): Float32Array => x.filter((_, k) => k % 4 !== 3);
const vector = (x: Float32Array, at: number): Vector => [x[4 * at]!, x[4 * at + 1]!, x[4 * at + 2]!];

/** Fails unless every number is within the tolerance of the expected one, and of it where that is above 1. */
function near(what: string, actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  assert.is(actual.length, expected.length, what);
  for (let k = 0; k < actual.length; k++) {
    const error = Math.abs(actual[k]! - expected[k]!) / Math.max(1, Math.abs(expected[k]!));
    if (!(error <= tolerance)) assert.unreachable(`${what}: ${actual[k]} at ${k}, expected ${expected[k]}`);
  }
}

/** The part of a kind that a picture wears, and where its slots begin. */
function wornParts(n: number): { part: HeadPart; slot: number }[] {
  const person = numbers.people.subarray(n * personFloats);
  return partKinds.flatMap((name, kind) => {
    const { firstPart, slotStart } = layout.kinds[kind]!;
    const style = { brows: person[personLayout.style]!, lashes: person[personLayout.style + 1]! }[name as 'brows'] ?? 0;
    const number = name === 'hair' ? person[personLayout.hair + 3]! - 1 : style;
    return number < 0 ? [] : [{ part: asset.parts[firstPart + number]!, slot: slotStart }];
  });
}

const headsOf = (n: number): reference.JoinedHead => {
  const both = Float64Array.from(triples(rowOf(got.heads, n)));
  return { joined: both.subarray(0, both.length / 2), carrier: both.subarray(both.length / 2) };
};

/** The view that a device wrote, as the reference has it. */
function viewOf(n: number): ReferenceView {
  const v = rowOf(got.views, n);
  const turn = (at: number): reference.Turn => [vector(v, at), vector(v, at + 1), vector(v, at + 2)];
  const ball = (at: number) => ({ centre: vector(v, at), radius: v[4 * at + 3]! });
  return {
    eye: vector(v, 0),
    focal: v[3]!,
    shift: [v[4]!, v[5]!],
    length: v[6]!,
    light: [2, 3, 4].map((at) => [...v.subarray(4 * at, 4 * at + 4)]),
    eyes: [ball(5), ball(6)],
    gazes: [vector(v, 7), vector(v, 8)],
    head: turn(9),
    between: vector(v, 12),
    sockets: [ball(13), ball(14)],
    gazeTurns: [turn(15), turn(18)],
    body: turn(21),
  };
}

/** All numbers of a nested object, in order. */
const flatten = (x: unknown): number[] =>
  typeof x === 'number'
    ? [x]
    : Object.keys(x as object)
        .sort()
        .flatMap((key) => flatten((x as Record<string, unknown>)[key]));

test('morph, fit and join', () => {
  seeds.forEach((_, n) => {
    const row = (h: number) => numbers.weights.subarray((2 * n + h) * layout.targets, (2 * n + h + 1) * layout.targets);
    const expected = reference.joinedHead(asset, reference.morphed(asset, row(0)), reference.morphed(asset, row(1)));
    const { joined, carrier } = headsOf(n);
    near('carrier', carrier, expected.carrier);
    near('joined head', joined, expected.joined);
    const moved = joined.filter((value, k) => Math.abs(value - carrier[k]!) > 1e-3).length;
    assert.ok(moved > 1000, `${moved} coordinates differ between face and carrier`);
  });
});

test('turns, eyes, camera and light', () => {
  seeds.forEach((_, n) => {
    const person = numbers.people.subarray(n * personFloats);
    const at = (name: keyof typeof personLayout, k = 0) => person[personLayout[name] + k]!;
    const expected = referenceView(asset, headsOf(n), {
      pose: [at('pose'), at('pose', 1), at('pose', 2)],
      gaze: [at('gaze'), at('gaze', 1)],
      crossing: at('pose', 3),
      distance: at('gaze', 2),
      size: at('gaze', 3),
      shift: [at('frame'), at('frame', 1)],
      key: [at('key'), at('key', 1), at('key', 2)],
    });
    near('view', flatten(viewOf(n)), flatten(expected));
    assert.ok(expected.eyes[0].centre[0] < expected.eyes[1].centre[0], 'the left eye lies on the left');
    const [left, right] = expected.gazeTurns.map((turn) => turn[0][2]) as [number, number]; // x of where an eye looks
    assert.ok(at('pose', 3) > 0 ? left > right + 0.1 : left === right, `the eyes look to ${left} and ${right}`);
    assert.is(got.views.length, viewFloats * seeds.length);
  });
});

test('points of every worn part follow the heads, posed', () => {
  seeds.forEach((_, n) => {
    const [positions, tangents] = [rowOf(got.positions, n), rowOf(got.tangents, n)];
    for (const { part, slot } of wornParts(n)) {
      const points = posedPoints(part, headsOf(n), viewOf(n), false);
      const expected = Array.from(part.vertex, (k) => points[k]!);
      near(
        part.name,
        triples(positions.subarray(4 * slot, 4 * (slot + part.vertex.length))),
        expected.flatMap(({ point }) => point),
      );
      if (part.kind !== 'eyes') continue;
      const heights = expected.map((_, k) => tangents[4 * (slot + k) + 3]!);
      near(
        'height above the eye',
        heights,
        expected.map(({ height }) => height),
      );
    }
    const body = asset.parts[0]!;
    const carrier = posedPoints(body, headsOf(n), viewOf(n), true);
    near('carrier', triples(rowOf(got.carrier, n)), Array.from(body.vertex, (k) => [...carrier[k]!.point]).flat());
  });
});

/** Points of a part from vertices in their slots: any vertex of a point has its place. */
function pointsOf(part: HeadPart, rows: Float32Array, slot: number): Vector[] {
  const points: Vector[] = Array.from({ length: part.refs.length / 3 }, () => [0, 0, 0]);
  part.vertex.forEach((point, k) => {
    points[point] = vector(rows, slot + k);
  });
  return points;
}

const isCard = ({ kind }: HeadPart): boolean => kind === 'brows' || kind === 'lashes';
/** Points of a part in a row of the occlusion, which has the first style of brows and lashes for all. */
const skyPoints = (part: HeadPart): number =>
  (isCard(part) ? asset.parts.find(({ kind }) => kind === part.kind)! : part).refs.length / 3;

test('normals, smoothed normals, strands and open sky', () => {
  let compared = 0;
  seeds.forEach((seed, n) => {
    const [positions, normals, tangents] = [rowOf(got.positions, n), rowOf(got.normals, n), rowOf(got.tangents, n)];
    const hair = numbers.people[n * personFloats + personLayout.hair + 3]!;
    let inRow = 0;
    for (const { part, slot } of wornParts(n)) {
      const points = pointsOf(part, positions, slot);
      const isOutside = new Set(part.vertex.filter((_, k) => positions[4 * (slot + k) + 3] === 0));
      // A point outside the window reads the carrier alone, and a point inside reads what its neighbours have.
      const ofCarrier = part.kind === 'body' ? pointsOf(part, rowOf(got.carrier, n), 0) : points;
      const outer = reference.pointNormals(part, ofCarrier);
      const inner = reference.pointNormals(part, points).map((own, k) => (isOutside.has(k) ? outer[k]! : own));
      const smooth = [reference.smoothedNormals(part, inner), reference.smoothedNormals(part, outer)] as const;
      const strands = part.kind === 'hair' ? reference.strands(part, points) : [];
      part.vertex.forEach((point, k) => {
        const at = slot + k;
        const soft = smooth[isOutside.has(point) ? 1 : 0][point]!;
        const expected = part.kind === 'hair' ? [soft, strands[point]!] : [inner[point]!, soft];
        near(`normal of ${part.name}, picture ${seed}`, vector(normals, at), expected[0]!);
        near(`tangent of ${part.name}, picture ${seed}`, vector(tangents, at), expected[1]!);
        const sky = asset.occlusion[hair]![inRow + Math.min(point, skyPoints(part) - 1)]! / 255;
        near('open sky', [normals[4 * at + 3]!], [sky]);
        compared++;
      });
      inRow += skyPoints(part);
    }
  });
  assert.ok(compared > 30000, `${compared} vertices`);
});

test('landmarks are base vertices of the joined head, projected', async () => {
  const size = 96;
  const marks = await model.landmarks(await shapesAgain(), size).floats();
  seeds.forEach((_, n) => {
    const view = viewOf(n);
    const expected = Array.from(asset.landmarks, (v) => {
      const q = reference.posed(view.head, view.body, pointAt(headsOf(n).joined, v));
      return projected(view, q, size);
    });
    near('landmarks', rowOf(marks, n), expected.flat());
  });
});

const shapesAgain = async (): Promise<HeadShapes> => model.shape(tensorsOf(numbers));

/** The numbers of slots that a picture fills, of all that is written. */
function filled(values: Values, n: number, rows: number): number[] {
  const row = (x: Float32Array) => x.subarray((n * x.length) / rows, ((n + 1) * x.length) / rows);
  const parts = wornParts(n).flatMap(({ part, slot }) =>
    (['positions', 'normals', 'tangents'] as const).flatMap((name) => [
      ...row(values[name]).subarray(4 * slot, 4 * (slot + part.vertex.length)),
    ]),
  );
  return [...parts, ...row(values.carrier), ...row(values.views), ...row(values.heads)];
}

test('two runs have the same bits, and a replayed step those of an eager run', async () => {
  const again = await valuesOf(await shapesAgain());
  const inputs = tensorsOf(headBatch(asset, layout.targets, [7, 8, 9]));
  const step = record(() => model.shape(inputs));
  step.run();
  inputs.people.write(numbers.people);
  inputs.weights.write(numbers.weights);
  step.run();
  const replayed = await valuesOf(step.result);
  seeds.forEach((_, n) => {
    const first = filled(got, n, seeds.length);
    assert.is(first.every(Number.isFinite), true);
    assert.equal(first, filled(again, n, seeds.length));
    assert.equal(first, filled(replayed, n, seeds.length));
  });
  step.dispose();
});

test('a row of a batch has the bits of a batch of one', async () => {
  const alone = await valuesOf(model.shape(tensorsOf(headBatch(asset, layout.targets, [seeds[0]!]))));
  assert.equal(filled(alone, 0, 1), filled(got, 0, seeds.length));
});

test('outside the window nothing depends on the identity, to the bit', async () => {
  const other = headBatch(asset, layout.targets, seeds);
  const faces = headBatch(asset, layout.targets, [11, 12, 13]).weights;
  seeds.forEach((_, n) => {
    const start = 2 * n * layout.targets;
    other.weights.set(faces.subarray(start, start + layout.targets), start);
  });
  const changed = await valuesOf(model.shape(tensorsOf(other)));
  assert.equal([...changed.carrier], [...got.carrier]);
  seeds.forEach((_, n) => {
    let [outside, inside] = [0, 0];
    for (const { part, slot } of wornParts(n)) {
      part.vertex.forEach((_, k) => {
        const at = 4 * (slot + k);
        const same = (name: 'positions' | 'normals' | 'tangents') =>
          [0, 1, 2, 3].every((c) => rowOf(changed[name], n)[at + c] === rowOf(got[name], n)[at + c]);
        const window = rowOf(got.positions, n)[at + 3]!;
        if (window > 0 && !same('positions')) inside++;
        if (window > 0) return;
        outside++;
        if (!same('positions') || !same('normals') || !same('tangents')) assert.unreachable(`${part.name} vertex ${k}`);
        if (part.kind === 'body')
          assert.equal(rowOf(got.positions, n).subarray(at, at + 4), rowOf(got.carrier, n).subarray(4 * k, 4 * k + 4));
      });
    }
    assert.ok(outside > 2000 && inside > 2000, `${outside} vertices outside, ${inside} inside move`);
    const [framing, framed] = [changed.views, got.views].map((views) => [...rowOf(views, n).subarray(0, 20)]);
    assert.equal(framing, framed);
  });
});

test('growth covers how far identities shift outlines of the body, and is zero outside the window', async () => {
  const growth = growthOf(asset);
  const body = asset.parts[0]!;
  const windows = partWindows(body, windowsOf(asset));
  assert.is(growth.length, layout.bodyPoints);
  assert.is(
    windows.every((window, k) => window > 0 === growth[k]! > 0),
    true,
  );
  const count = 12;
  const drawn = new People(asset, gpu).draw({
    identities: Uint32Array.from({ length: count }, (_, k) => 5000 + k),
    attributes: Uint32Array.from({ length: count }, (_, k) => 9000 + 3 * k),
    level: 'M3',
  });
  const heads = await model.shape(drawn).heads.floats();
  const size = layout.baseVertices;
  const normals = reference.pointNormals(body, reference.partPoints(body, asset.base));
  let farthest = 0;
  for (let n = 0; n < count; n++)
    for (let k = 0; k < growth.length; k++) {
      const v = body.refs[3 * k]!;
      const move = reference.subtract(vector(heads, 2 * n * size + v), vector(heads, (2 * n + 1) * size + v));
      const shift = Math.max(0, reference.dot(move, normals[k]!)) + Math.hypot(...move) / 4;
      assert.ok(shift <= growth[k]!, `the outline at ${k} shifts by ${shift} dm, its growth is ${growth[k]}`);
      farthest = Math.max(farthest, shift);
    }
  assert.ok(farthest > 0.1, `the farthest shift is ${farthest} dm`);
});

test('what does not fit is refused', () => {
  const { people, weights } = tensorsOf(numbers);
  assert.throws(() => model.shape({ people: weights, weights }), /HeadModel: people/);
  assert.throws(() => model.shape({ people, weights: people }), /HeadModel: weights/);
  assert.throws(() => new HeadModel({ ...asset, parts: asset.parts.slice(1) }, gpu), /HeadModel: asset.parts/);
});

test.run();
