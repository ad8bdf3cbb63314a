/**
 * @file The shape of one picture in plain TypeScript and float64, step by step as the kernels take it, straight from
 * the asset. Tests hold the kernels to it; with it one picture can be shaped without a device.
 */
import type { HeadAsset, HeadPart } from '../asset/headAsset.ts';
import { smoothingRounds } from './connections.ts';
import { followed, meanOf, pointAt, seamOf, smoothstep, windowsOf } from './fields.ts';

export type Vector = readonly [number, number, number];
/** Rows of a matrix. */
export type Turn = readonly [Vector, Vector, Vector];

export const add = (a: Vector, b: Vector): Vector => [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
export const subtract = (a: Vector, b: Vector): Vector => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
export const scale = (s: number, a: Vector): Vector => [s * a[0], s * a[1], s * a[2]];
export const dot = (a: Vector, b: Vector): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
export const cross = (a: Vector, b: Vector): Vector => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];
export const unit = (a: Vector): Vector => scale(1 / (Math.hypot(...a) || 1), a);
export const turned = (turn: Turn, v: Vector): Vector => [dot(turn[0], v), dot(turn[1], v), dot(turn[2], v)];

/** Rz(roll) Rx(pitch) Ry(yaw), radians. */
export function turnOf(yaw: number, pitch: number, roll: number): Turn {
  const [cy, sy, cp, sp, cr, sr] = [yaw, pitch, roll].flatMap((angle) => [Math.cos(angle), Math.sin(angle)]) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const [x, y]: [Vector, Vector] = [
    [cy, 0, sy],
    [sp * sy, cp, -sp * cy],
  ];
  return [subtract(scale(cr, x), scale(sr, y)), add(scale(sr, x), scale(cr, y)), [-cp * sy, sp, cp * cy]];
}

/** base + 0.001 Σ weight · delta [3 · vertices]. */
export function morphed({ base, targets }: HeadAsset, weights: ArrayLike<number>): Float64Array {
  const out = Float64Array.from(base);
  targets.names.forEach((_, target) => {
    for (let e = targets.start[target] as number; e < (targets.start[target + 1] as number); e++)
      for (let axis = 0; axis < 3; axis++)
        out[3 * (targets.index[e] as number) + axis]! +=
          0.001 * (weights[target] as number) * (targets.delta[3 * e + axis] as number);
  });
  return out;
}

/** A joined head and its carrier [3 · vertices]. */
export interface JoinedHead {
  readonly joined: Float64Array;
  readonly carrier: Float64Array;
}

/** Fits the face to the carrier on the seam, moves both to its place on the mean head, and blends by the window. */
export function joinedHead(asset: HeadAsset, face: ArrayLike<number>, carrier: ArrayLike<number>): JoinedHead {
  const windows = windowsOf(asset);
  const seam = seamOf(asset, windows);
  const [a, b, rest] = [meanOf(face, seam), meanOf(carrier, seam), meanOf(asset.base, seam)];
  let [products, squares] = [0, 0];
  for (const v of seam) {
    const u = subtract(pointAt(face, v), a);
    products += dot(u, subtract(pointAt(carrier, v), b));
    squares += dot(u, u);
  }
  const k = products / squares;
  const out = { joined: new Float64Array(asset.base.length), carrier: new Float64Array(asset.base.length) };
  windows.forEach((window, v) => {
    const own = add(subtract(pointAt(carrier, v), b), rest);
    const fitted = add(rest, scale(k, subtract(pointAt(face, v), a)));
    out.carrier.set(own, 3 * v);
    out.joined.set(add(own, scale(window, subtract(fitted, own))), 3 * v);
  });
  return out;
}

/** Normals of the points of a part: the sum of the triangles' normals, each of the length of its area. */
export function pointNormals(part: HeadPart, points: readonly Vector[]): Vector[] {
  const sums = foldSums(part, points);
  return sums.map(unit);
}

/** The sums of {@link pointNormals} before they are normalised. */
export function foldSums(part: HeadPart, points: readonly Vector[]): Vector[] {
  const sums: Vector[] = points.map(() => [0, 0, 0]);
  eachTriangle(part, (corners) => {
    const [p, q, r] = corners.map((k) => points[k] as Vector) as [Vector, Vector, Vector];
    const normal = cross(subtract(q, p), subtract(r, p));
    for (const k of corners) sums[k] = add(sums[k] as Vector, normal);
  });
  return sums;
}

/** Calls `fn` with the points and the vertices of every triangle of a part. */
function eachTriangle(part: HeadPart, fn: (points: number[], vertices: number[]) => void): void {
  const { triangles } = part;
  for (let t = 0; t < triangles.length; t += 3) {
    const vertices = [...triangles.subarray(t, t + 3)];
    fn(
      vertices.map((k) => part.vertex[k] as number),
      vertices,
    );
  }
}

/** Normals after the rounds of averaging that the part gets. */
export function smoothedNormals(part: HeadPart, normals: readonly Vector[]): Vector[] {
  const near = normals.map((_, k) => new Set([k]));
  eachTriangle(part, (corners) => {
    for (const a of corners) for (const b of corners) near[a]?.add(b);
  });
  let now = normals;
  for (let round = 0; round < smoothingRounds[part.kind]; round++) {
    now = near.map((around) => {
      const sum = [...around].reduce<Vector>((total, k) => add(total, now[k] as Vector), [0, 0, 0]);
      return scale(1 / around.size, sum);
    });
  }
  return now.map(unit);
}

/** How strands of hair run at each point: the mean direction of dP/dv, v upwards, over its triangles. */
export function strands(part: HeadPart, points: readonly Vector[]): Vector[] {
  const sums: Vector[] = points.map(() => [0, 0, 0]);
  eachTriangle(part, (corners, vertices) => {
    const [p, q, r] = corners.map((k) => points[k] as Vector) as [Vector, Vector, Vector];
    const [s, t, w] = vertices.map((k) => [part.uv[2 * k] as number, 1 - (part.uv[2 * k + 1] as number)]) as [
      [number, number],
      [number, number],
      [number, number],
    ];
    const [du1, dv1, du2, dv2] = [t[0] - s[0], t[1] - s[1], w[0] - s[0], w[1] - s[1]];
    const area = du1 * dv2 - du2 * dv1;
    const [e1, e2] = [subtract(q, p), subtract(r, p)];
    const along = unit(scale(area < 0 ? -1 : 1, subtract(scale(du1, e2), scale(du2, e1))));
    for (const k of corners) sums[k] = add(sums[k] as Vector, along);
  });
  return sums.map(unit);
}

/** All points of a part on a head. */
export const partPoints = (part: HeadPart, head: ArrayLike<number>): Vector[] =>
  Array.from({ length: part.refs.length / 3 }, (_, k) => followed(part, k, head));

const neck: Vector = [0, 6.35, 0.55];

/** The head turns about the neck, and the shoulders a little. */
export function posed(head: Turn, body: Turn, q: Vector): Vector {
  const share = smoothstep(5.45, 6.5, q[1] + 0.22 * (q[2] - 0.5));
  const v = subtract(q, neck);
  return add(neck, add(scale(share, turned(head, v)), scale(1 - share, turned(body, v))));
}
