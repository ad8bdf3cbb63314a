/**
 * @file How the points of a part hang together: the corners of triangles at each point, and weights of averaging over
 * neighbours. Lists of a point lie together, so a thread adds them in a fixed order.
 */
import type { HeadPart } from '../asset/headAsset.ts';

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

/**
 * A direction (a, b) of the plane as one word: its place t from −2 to 2 around the diamond |a| + |b| = 1, with
 * b = 1 − |t| and a of the sign of t. The kernel has it back to 24 bits without sines.
 */
export function directionWord(a: number, b: number): number {
  const size = Math.abs(a) + Math.abs(b) || 1;
  const t = (1 - b / size) * (a < 0 ? -1 : 1);
  return Math.min(0xffffffff, Math.round((t + 2) * 2 ** 30));
}

/**
 * Direction of dP/dv in a triangle as a e1 + b e2, where e1 and e2 lead from its first corner to the
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
  return [-sign * du2, sign * du1];
}

/**
 * The corners of triangles at each point, two words each: the other two points of the triangle, counted on around it,
 * and the direction of the strand; in the order of the triangles.
 */
export function cornersOf(part: HeadPart): Lists {
  const rows: number[][] = Array.from({ length: part.refs.length / 3 }, () => []);
  const { triangles } = part;
  const point = (k: number) => part.vertex[k] as number;
  for (let t = 0; t < triangles.length; t += 3) {
    for (let k = 0; k < 3; k++) {
      const turned = [0, 1, 2].map((j) => triangles[t + ((k + j) % 3)] as number) as [number, number, number];
      const [own, next, last] = turned.map(point) as [number, number, number];
      rows[own]?.push((next | (last << 16)) >>> 0, directionWord(...strandOf(part.uv, turned)));
    }
  }
  return listsOf(rows, 2);
}

/** The neighbours of each point, itself first. */
export function neighboursOf(part: HeadPart): number[][] {
  const near = Array.from({ length: part.refs.length / 3 }, (_, k) => new Set([k]));
  const { triangles } = part;
  for (let t = 0; t < triangles.length; t++) {
    const next = t % 3 === 2 ? t - 2 : t + 1;
    const [a, b] = [part.vertex[triangles[t] as number] as number, part.vertex[triangles[next] as number] as number];
    near[a]?.add(b);
    near[b]?.add(a);
  }
  return near.map((set) => [...set]);
}

/** Spreads the weight of each point of `from` evenly over its neighbours; `sums` holds zeros before and after. */
function spread(from: ReadonlyMap<number, number>, near: readonly (readonly number[])[], sums: Float64Array) {
  const reached: number[] = [];
  for (const [point, weight] of from) {
    const around = near[point] as readonly number[];
    for (const other of around) {
      if (sums[other] === 0) reached.push(other);
      sums[other] = (sums[other] as number) + weight / around.length;
    }
  }
  const next = new Map(reached.map((point) => [point, sums[point] as number]));
  for (const point of reached) sums[point] = 0;
  return next;
}

/**
 * Weights of the rounds of averaging, in each of which a point takes the mean of itself and its neighbours. A word is a
 * point in its lower half and its weight in the upper one; 65535 is the largest weight of the list, because the sum is
 * normalised anyway. No rounds: empty lists.
 */
export function smoothingOf(part: HeadPart): Lists {
  const rounds = smoothingRounds[part.kind];
  const near = neighboursOf(part);
  const sums = new Float64Array(near.length);
  const rows = near.map((_, k) => {
    if (rounds === 0) return [];
    let weights = new Map([[k, 1]]);
    for (let round = 0; round < rounds; round++) weights = spread(weights, near, sums);
    const largest = Math.max(...weights.values());
    return [...weights]
      .sort(([a], [b]) => a - b)
      .map(([point, weight]) => (point | (Math.round((65535 * weight) / largest) << 16)) >>> 0)
      .filter((word) => word >>> 16 > 0);
  });
  return listsOf(rows, 1);
}
