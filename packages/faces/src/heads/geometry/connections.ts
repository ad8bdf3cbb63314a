/**
 * @file How the points of a part hang together: the corners of triangles at each point, and weights of averaging over
 * neighbours. Lists of a point lie together, so a thread adds them in a fixed order.
 */
import type { HeadPart } from '../asset/headAsset.ts';
import { drawnTriangles } from './layout.ts';

/** Lists for each of some points: those of point k are [start[k], start[k + 1]). */
export interface Lists {
  /** [points + 1]. */
  readonly start: Uint32Array;
  /** Words of the lists. */
  readonly words: Uint32Array;
}

/** How many rounds of averaging the normals of a kind get. */
export const smoothingRounds: Readonly<Record<HeadPart['kind'], number>> = {
  body: 4,
  eyes: 0,
  teeth: 0,
  tongue: 0,
  brows: 6,
  lashes: 6,
  hair: 2,
};

/** Puts rows of words one after another. */
function listsOf(rows: readonly (readonly number[])[], wordsEach: number): Lists {
  const start = new Uint32Array(rows.length + 1);
  rows.forEach((row, k) => {
    start[k + 1] = (start[k] as number) + row.length / wordsEach;
  });
  return { start, words: Uint32Array.from(rows.flat()) };
}

/** Two numbers from −1 to 1 as `unpack2x16snorm` reads them. */
const snormPair = (x: number, y: number): number =>
  ((Math.round(x * 32767) & 0xffff) | ((Math.round(y * 32767) & 0xffff) << 16)) >>> 0;

/**
 * Direction of dP/dv in a triangle as a e1 + b e2 with a² + b² = 1, where e1 and e2 lead from its first corner to the
 * others: the solution of e = dP/du du + dP/dv dv for both edges, up to its length.
 */
export function strandOf(uv: ArrayLike<number>, corners: readonly [number, number, number]): [number, number] {
  const at = (k: number) => [uv[2 * k] as number, 1 - (uv[2 * k + 1] as number)] as const; // v upwards
  const [p, q, r] = corners.map(at) as [
    readonly [number, number],
    readonly [number, number],
    readonly [number, number],
  ];
  const [du1, dv1, du2, dv2] = [q[0] - p[0], q[1] - p[1], r[0] - p[0], r[1] - p[1]];
  const sign = du1 * dv2 - du2 * dv1 < 0 ? -1 : 1;
  const size = Math.hypot(du1, du2) || 1;
  return [(-sign * du2) / size, (sign * du1) / size];
}

/**
 * The corners of triangles at each point, two words each: the other two points of the triangle, counted on around it,
 * and the direction of the strand as two snorm16; in the order of the triangles.
 */
export function cornersOf(part: HeadPart): Lists {
  const rows: number[][] = Array.from({ length: part.refs.length / 3 }, () => []);
  const triangles = drawnTriangles(part);
  const point = (k: number) => part.vertex[k] as number;
  for (let t = 0; t < triangles.length; t += 3) {
    for (let k = 0; k < 3; k++) {
      const turned = [0, 1, 2].map((j) => triangles[t + ((k + j) % 3)] as number) as [number, number, number];
      const [own, next, last] = turned.map(point) as [number, number, number];
      rows[own]?.push((next | (last << 16)) >>> 0, snormPair(...strandOf(part.uv, turned)));
    }
  }
  return listsOf(rows, 2);
}

/** The neighbours of each point, itself first. */
export function neighboursOf(part: HeadPart): number[][] {
  const near = Array.from({ length: part.refs.length / 3 }, (_, k) => new Set([k]));
  const triangles = drawnTriangles(part);
  for (let t = 0; t < triangles.length; t++) {
    const next = t % 3 === 2 ? t - 2 : t + 1;
    const [a, b] = [part.vertex[triangles[t] as number] as number, part.vertex[triangles[next] as number] as number];
    near[a]?.add(b);
    near[b]?.add(a);
  }
  return near.map((set) => [...set]);
}

/**
 * Weights of `rounds` rounds of averaging, in each of which a point takes the mean of itself and its neighbours. A word
 * is a point in its lower half and its weight in the upper one; 65535 is the largest weight of the list, because the
 * sum is normalised anyway. No rounds: empty lists.
 */
export function smoothingOf(part: HeadPart): Lists {
  const rounds = smoothingRounds[part.kind];
  const near = neighboursOf(part);
  if (rounds === 0)
    return listsOf(
      near.map(() => []),
      1,
    );
  const rows = near.map((_, k) => {
    let weights = new Map([[k, 1]]);
    for (let round = 0; round < rounds; round++) {
      const next = new Map<number, number>();
      for (const [point, weight] of weights) {
        const around = near[point] as number[];
        for (const other of around) next.set(other, (next.get(other) ?? 0) + weight / around.length);
      }
      weights = next;
    }
    const largest = Math.max(...weights.values());
    return [...weights]
      .sort(([a], [b]) => a - b)
      .map(([point, weight]) => (point | (Math.round((65535 * weight) / largest) << 16)) >>> 0)
      .filter((word) => word >>> 16 > 0);
  });
  return listsOf(rows, 1);
}
