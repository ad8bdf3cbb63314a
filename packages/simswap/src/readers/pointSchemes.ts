/** @file The sets of points that a landmark network can learn, and how their errors are reported. */
import { landmarkNames } from '@visage/faces';
import { ArgumentError } from '@visage/gpu';

/** Which points of a face a landmark network finds. */
export interface PointScheme {
  /** `named`: the eight of `landmarkNames`. `ibug68`: the 68 of iBUG, which only mesh heads have. */
  readonly name: 'named' | 'ibug68';
  readonly count: number;
  /** For each point the number of its mirror image. */
  readonly mirror: readonly number[];
  /** The points whose errors are reported together, by name. */
  readonly groups: Readonly<Record<string, readonly number[]>>;
  /** The points whose means are the two eyes; errors are shares of their distance. */
  readonly eyes: readonly [readonly number[], readonly number[]];
}

const namedMirror = landmarkNames.map((name) => {
  const other = name.startsWith('left') ? name.replace('left', 'right') : name.replace('right', 'left');
  return (landmarkNames as readonly string[]).indexOf(other);
});

/** The eight points of `landmarkNames`. */
export const namedPoints: PointScheme = {
  name: 'named',
  count: landmarkNames.length,
  mirror: namedMirror,
  groups: Object.fromEntries(landmarkNames.map((name, k) => [name, [k]])),
  eyes: [[landmarkNames.indexOf('leftEye')], [landmarkNames.indexOf('rightEye')]],
};

const run = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, k) => first + k);

/** Runs of points of iBUG that mirror each other back to front: the first and last of each sum to a constant. */
const turned = [run(0, 16), run(17, 26), run(31, 35), run(48, 54), run(55, 59), run(60, 64), run(65, 67)];
const upperLids = run(36, 39).map((k, n) => [k, 45 - n] as const);
const lowerLids = run(40, 41).map((k, n) => [k, 47 - n] as const);

function ibugMirror(): number[] {
  const mirror = run(0, 67);
  for (const points of turned) for (const [k, point] of points.entries()) mirror[point] = points.at(-1 - k) as number;
  for (const [left, right] of [...upperLids, ...lowerLids]) {
    mirror[left] = right;
    mirror[right] = left;
  }
  return mirror;
}

/** The 68 points of iBUG (Sagonas et al. 2013). Left and right are the viewer's. */
export const ibugPoints: PointScheme = {
  name: 'ibug68',
  count: 68,
  mirror: ibugMirror(),
  groups: { jaw: run(0, 16), brows: run(17, 26), nose: run(27, 35), eyes: run(36, 47), mouth: run(48, 67) },
  eyes: [run(36, 41), run(42, 47)],
};

/** The scheme of so many points. @throws ArgumentError for a number that no scheme has. */
export function pointSchemeOf(points: number): PointScheme {
  const scheme = [namedPoints, ibugPoints].find(({ count }) => count === points);
  if (scheme) return scheme;
  throw new ArgumentError('landmarks', 'points', String(points), `${namedPoints.count} or ${ibugPoints.count}`);
}
