/**
 * @file Points, boxes and similarity transforms, in pixels: (0, 0) is the upper left corner of the upper left pixel.
 */
import { ArgumentError } from '@visage/gpu';

/** x to the right, y downwards. */
export type Point = readonly [x: number, y: number];

/** A rectangle in pixels; it may reach beyond the picture. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/**
 * A similarity transform, of four degrees of freedom: x' = a·x − b·y + tx, y' = b·x + a·y + ty. The scale is √(a² + b²)
 * and the angle atan2(b, a).
 */
export interface Similarity {
  readonly a: number;
  readonly b: number;
  readonly tx: number;
  readonly ty: number;
}

/** The point to which a transform moves a point. */
export const transformed = ({ a, b, tx, ty }: Similarity, [x, y]: Point): Point => [
  a * x - b * y + tx,
  b * x + a * y + ty,
];

/** How many times longer lengths become. */
export const scaleOf = ({ a, b }: Similarity): number => Math.hypot(a, b);

/** The transform that undoes another. */
export function inverted({ a, b, tx, ty }: Similarity): Similarity {
  const norm = a * a + b * b;
  const [c, s] = [a / norm, -b / norm];
  return { a: c, b: s, tx: -(c * tx - s * ty), ty: -(s * tx + c * ty) };
}

/** The transform that does `first`, then `second`. */
export function composed(second: Similarity, first: Similarity): Similarity {
  const [tx, ty] = transformed(second, [first.tx, first.ty]);
  return { a: second.a * first.a - second.b * first.b, b: second.a * first.b + second.b * first.a, tx, ty };
}

/** The transform that moves a box's square crop of side `size`: (x, y) → 0 and (x + side) → size. */
export const cropOf = (x: number, y: number, side: number, size: number): Similarity => ({
  a: size / side,
  b: 0,
  tx: (-x * size) / side,
  ty: (-y * size) / side,
});

const mean = (points: readonly Point[]): Point => {
  const sum = points.reduce<Point>(([x, y], [px, py]) => [x + px, y + py], [0, 0]);
  return [sum[0] / points.length, sum[1] / points.length];
};

/**
 * The similarity transform T that minimises Σ |T(from) − to|², in closed form.
 *
 * With both sets of points centred and read as complex numbers, a + ib = Σ conj(f)·t / Σ |f|²; this is Umeyama's
 * solution with scale in two dimensions, without its reflections (Umeyama 1991, IEEE TPAMI 13(4), eq. 40–43).
 *
 * @throws ArgumentError unless there are equally many points, at least two, that do not all coincide.
 */
export function fitSimilarity(from: readonly Point[], to: readonly Point[]): Similarity {
  if (from.length !== to.length || from.length < 2)
    throw new ArgumentError('fitSimilarity', 'to', `${to.length} points`, `${from.length}, and at least 2`);
  const [[fx, fy], [tx, ty]] = [mean(from), mean(to)];
  let [real, imaginary, norm] = [0, 0, 0];
  for (const [k, point] of from.entries()) {
    const [x, y] = [point[0] - fx, point[1] - fy];
    const [u, v] = [(to[k] as Point)[0] - tx, (to[k] as Point)[1] - ty];
    real += x * u + y * v;
    imaginary += x * v - y * u;
    norm += x * x + y * y;
  }
  if (!(norm > 0)) throw new ArgumentError('fitSimilarity', 'from', 'points at one place', 'points that are apart');
  const [a, b] = [real / norm, imaginary / norm];
  return { a, b, tx: tx - (a * fx - b * fy), ty: ty - (b * fx + a * fy) };
}
