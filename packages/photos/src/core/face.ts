import type { Box, Point } from './geometry.ts';

/**
 * The five points that alignments are defined on: left eye, right eye, nose, left and right corner of the mouth. Left
 * is left in the picture.
 */
export type FivePoints = readonly [Point, Point, Point, Point, Point];

/** Points of the face mesh. */
export const MESH_POINTS = 468;

/** Angles of a head in degrees, 0 for a face that looks into the camera. */
export interface HeadPose {
  /** Positive when the face turns to the right of the picture. */
  readonly yaw: number;
  /** Positive when it looks down. */
  readonly pitch: number;
  /** Positive when the head tilts clockwise. */
  readonly roll: number;
}

/** A face that was found in a picture. All positions are in pixels of that picture. */
export interface Face {
  /** The detector's box, or the extent of the mesh where landmarks were tracked from frame to frame. */
  readonly box: Box;
  /** The detector's confidence, 0 to 1. */
  readonly score: number;
  /** The face mesh's confidence that its crop shows a face, 0 to 1: the least of its looks but the first. */
  readonly flag: number;
  readonly points: FivePoints;
  /** The face mesh: x and y of {@link MESH_POINTS} points, in the order of MediaPipe's topology. */
  readonly mesh: Float32Array;
}

const LEFT_EYE = [33, 133, 160, 158, 144, 153];
const RIGHT_EYE = [362, 263, 385, 387, 373, 380];
const NOSE = [1, 4];
const [LEFT_MOUTH, RIGHT_MOUTH] = [61, 291];

/** The five points of a face mesh: the middles of the eyes and of the tip of the nose, and the corners of the mouth. */
export function fivePointsOf(mesh: Float32Array): FivePoints {
  const middle = (indices: readonly number[]): Point => {
    let [x, y] = [0, 0];
    for (const k of indices) {
      x += mesh[2 * k] as number;
      y += mesh[2 * k + 1] as number;
    }
    return [x / indices.length, y / indices.length];
  };
  return [middle(LEFT_EYE), middle(RIGHT_EYE), middle(NOSE), middle([LEFT_MOUTH]), middle([RIGHT_MOUTH])];
}

/** The distance between the eyes, in pixels: the usual measure of the size of a face. */
export const eyeDistance = ({ points: [left, right] }: Pick<Face, 'points'>): number =>
  Math.hypot(right[0] - left[0], right[1] - left[1]);
