/**
 * @file What is known of the mean head before any picture: the window that separates identity from attributes, masks of
 * make-up and beard, and the vertices that fit, frame and mark a face.
 */
import { ArgumentError } from '@visage/gpu';
import type { HeadAsset, HeadPart } from '../asset/headAsset.ts';

type Point = readonly [number, number, number];

/** Hermite step from 0 at a to 1 at b, which may lie below a. */
export function smoothstep(a: number, b: number, x: number): number {
  const t = Math.min(1, Math.max(0, (x - a) / (b - a)));
  return t * t * (3 - 2 * t);
}

/**
 * The window at a place of the mean head: 1 on the inner face, which is the identity's, 0 on scalp, ears, neck and
 * body, which are the attributes'.
 */
export const windowAt = ([, y, z]: Point): number =>
  smoothstep(0.42, 0.92, z) * smoothstep(8.08, 7.62, y) * smoothstep(5.98, 6.22, y + 0.15 * (z - 1.3));

/** Row k of a list of points. */
export const pointAt = (points: ArrayLike<number>, k: number): Point => [
  points[3 * k] as number,
  points[3 * k + 1] as number,
  points[3 * k + 2] as number,
];

/** The mean of some rows of a list of points. */
export const meanOf = (points: ArrayLike<number>, rows: readonly number[]): Point =>
  [0, 1, 2].map((axis) => rows.reduce((sum, k) => sum + (points[3 * k + axis] as number), 0) / rows.length) as [
    number,
    number,
    number,
  ];

/** The window of every base vertex, in f32. */
export const windowsOf = ({ base }: HeadAsset): Float32Array =>
  Float32Array.from({ length: base.length / 3 }, (_, k) => windowAt(pointAt(base, k)));

/** The place of point k of a part when the base mesh has these vertices. */
export function followed({ refs, weights, offsets }: HeadPart, k: number, base: ArrayLike<number>): Point {
  const along = (axis: number) =>
    [0, 1, 2].reduce(
      (sum, j) => sum + (weights[3 * k + j] as number) * (base[3 * (refs[3 * k + j] as number) + axis] as number),
      offsets[3 * k + axis] as number,
    );
  return [along(0), along(1), along(2)];
}

/**
 * The window of every point of a part: of the body that of its vertex, of hair 0, because hair follows the carrier, and
 * of all that lies in the face 1.
 */
export function partWindows(part: HeadPart, windows: Float32Array): Float32Array {
  const count = part.refs.length / 3;
  if (part.kind !== 'body') return new Float32Array(count).fill(part.kind === 'hair' ? 0 : 1);
  return Float32Array.from({ length: count }, (_, k) =>
    [0, 1, 2].reduce(
      (sum, j) => sum + (part.weights[3 * k + j] as number) * (windows[part.refs[3 * k + j] as number] as number),
      0,
    ),
  );
}

/** How far identities can shift the outline about each point of the body, in decimetres [points of the body]. */
export const growthOf = ({ growth }: HeadAsset): Float32Array => Float32Array.from(growth, (steps) => steps / 200);

const lipTargets = ['mouth-lowerlip-volume-inflate', 'mouth-upperlip-volume-inflate'] as const;

/** How much each base vertex belongs to the lips: where the targets that swell them move it. */
function lipsOf({ base, targets }: HeadAsset): Float64Array {
  const lips = new Float64Array(base.length / 3);
  for (const wanted of lipTargets) {
    const target = targets.names.findIndex((name) => name.endsWith(wanted));
    if (target < 0)
      throw new ArgumentError(
        'HeadModel',
        'asset.targets',
        `no target ${wanted}`,
        'one, which says where the lips are',
      );
    const from = targets.start[target] as number;
    const moves = Array.from({ length: (targets.start[target + 1] as number) - from }, (_, e) =>
      Math.hypot(...pointAt(targets.delta, from + e)),
    );
    const largest = Math.max(...moves);
    moves.forEach((move, e) => {
      const vertex = targets.index[from + e] as number;
      lips[vertex] = Math.max(lips[vertex] as number, smoothstep(0.08, 0.75, move / largest));
    });
  }
  return lips;
}

const bump = (p: Point, q: Point, width: number): number =>
  Math.exp(-((p[0] - q[0]) ** 2 + (p[1] - q[1]) ** 2 + (p[2] - q[2]) ** 2) / (2 * width * width));

/** Where cheeks, nose tip, forehead and chin blush. */
const blushAt = (p: Point): number =>
  bump(p, [0.4, 6.95, 1.35], 0.17) +
  0.5 * bump(p, [0, 6.94, 1.66], 0.1) +
  0.3 * bump(p, [0, 7.75, 1.45], 0.22) +
  0.35 * bump(p, [0, 6.3, 1.46], 0.12);

/** Where a beard and a moustache grow. */
function beardAt([x, y, z]: Point, lip: number): number {
  const line = 6.7 + 0.62 * Math.max(0, x - 0.24) - 0.12 * smoothstep(0.12, 0.3, x) * smoothstep(0.5, 0.3, x);
  const beard =
    smoothstep(0.07, -0.07, y - line) * smoothstep(5.9, 6.2, y + 0.1 * z) * smoothstep(0.35, 0.75, z + 0.5 * (6.9 - y));
  const moustache =
    smoothstep(6.6, 6.66, y) * smoothstep(6.81, 6.74, y) * smoothstep(0.34, 0.24, x) * smoothstep(1.3, 1.45, z);
  return Math.max(beard, moustache) * (1 - Math.min(1, 1.5 * lip)) * smoothstep(-0.1, 0.3, z);
}

const eyeShadowAt = (p: Point): number =>
  bump(p, [0.3, 7.13, 1.42], 0.09) + 0.7 * bump(p, [0.12, 7.22, 1.42], 0.06) + 0.4 * bump(p, [0.33, 7.42, 1.42], 0.08);

/** Numbers of a row of {@link surfaceRows}. */
export const surfaceColumns = 10;

/**
 * What is painted on every vertex of all parts, one after another in the order of `asset.parts`: rows of
 * {@link surfaceColumns} numbers: u, v; lip, blush, beard, eye shadow, 0 to 1, on the body only; position on the mean
 * head; the kind's place in `partKinds`.
 */
export function surfaceRows(asset: HeadAsset, kindOf: (part: number) => number): Float32Array {
  const lips = lipsOf(asset);
  const rows = asset.parts.flatMap((part, number) =>
    Array.from(part.vertex, (point, k) => {
      const rest = followed(part, point, asset.base);
      const [x, y, z] = rest;
      const side: Point = [Math.abs(x), y, z];
      const lip = lips[part.refs[3 * point] as number] as number;
      const paint =
        part.kind === 'body'
          ? [lip, Math.min(1, blushAt(side)), beardAt(side, lip), Math.min(1, eyeShadowAt(side))]
          : [0, 0, 0, 0];
      return [part.uv[2 * k] as number, part.uv[2 * k + 1] as number, ...paint, ...rest, kindOf(number)];
    }),
  );
  return Float32Array.from(rows.flat());
}

/** Base vertices of the body on the seam, where the face is fitted to the carrier. */
export function seamOf(asset: HeadAsset, windows: Float32Array): number[] {
  const body = asset.parts[0] as HeadPart;
  const onBody = [...new Set(Array.from(body.vertex, (point) => body.refs[3 * point] as number))].sort((a, b) => a - b);
  return onBody.filter((v) => (windows[v] as number) > 0.15 && (windows[v] as number) < 0.85);
}

/** Base vertices in the middle of the mouth, whose mean frames a picture. */
export function mouthOf(asset: HeadAsset): number[] {
  const lips = lipsOf(asset);
  return Array.from(lips.keys()).filter(
    (v) => (lips[v] as number) > 0.3 && Math.abs(asset.base[3 * v] as number) < 0.06,
  );
}
