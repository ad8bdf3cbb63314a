/** @file Steadies the place of a face from frame to frame. */
import type { Face, FivePoints } from '../core/face.ts';
import { composed, fitSimilarity, inverted, type Point, type Similarity, transformed } from '../core/geometry.ts';
import { type OneEuroState, oneEuro } from './oneEuro.ts';

/** Landmarks of a still face tremble by about half a percent of its size; a head turns and moves within a second. */
const FILTER = { cutoff: 1.5, slope: 5 } as const;

/** A face of unit size about the origin: the distance of its eyes is 1. The proportions are those of ArcFace's. */
const UNIT: FivePoints = [
  [-0.5, -0.58],
  [0.5, -0.58],
  [0, 0.01],
  [-0.41, 0.56],
  [0.41, 0.56],
];

/** What is known of a face's motion: plain data. */
export interface SteadyState {
  readonly filter: OneEuroState;
  /** Size of the face in pixels when it was first seen: the unit of its place. */
  readonly unit: number;
}

/** Adds full turns to an angle, so that it is near another. */
const unwrapped = (angle: number, near: number): number =>
  angle - 2 * Math.PI * Math.round((angle - near) / (2 * Math.PI));

const similarity = ([size, angle, x, y]: readonly number[], unit: number): Similarity => {
  const scale = Math.exp(size as number);
  const [sine, cosine] = [Math.sin(angle as number), Math.cos(angle as number)];
  return { a: scale * cosine, b: scale * sine, tx: (x as number) * unit, ty: (y as number) * unit };
};

/**
 * Moves a face to where a One-Euro filter has it. The filter works on the four numbers of the similarity transform that
 * places a mean face: the logarithm of its size, its angle, and its middle in units of its size. So the face moves as a
 * whole, and its expression stays as it is.
 */
export function steadied(
  face: Face,
  state: SteadyState | undefined,
  time: number,
): { readonly face: Face; readonly state: SteadyState } {
  const placed = fitSimilarity(UNIT, face.points);
  const size = Math.hypot(placed.a, placed.b);
  const unit = state?.unit ?? size;
  const angle = unwrapped(Math.atan2(placed.b, placed.a), state?.filter.values[1] ?? 0);
  const filter = oneEuro(FILTER, state?.filter, [Math.log(size), angle, placed.tx / unit, placed.ty / unit], time);
  const correction = composed(similarity(filter.values, unit), inverted(placed));
  return { face: moved(face, correction), state: { filter, unit } };
}

/** A face after a transform of its picture. */
function moved(face: Face, by: Similarity): Face {
  const mesh = new Float32Array(face.mesh.length);
  for (let k = 0; k < mesh.length; k += 2)
    mesh.set(transformed(by, [face.mesh[k] as number, face.mesh[k + 1] as number]), k);
  const { x, y, width, height } = face.box;
  const [centreX, centreY] = transformed(by, [x + width / 2, y + height / 2]);
  const points = face.points.map((point): Point => transformed(by, point)) as unknown as FivePoints;
  const box = { x: centreX - width / 2, y: centreY - height / 2, width, height };
  return { ...face, box, points, mesh };
}
