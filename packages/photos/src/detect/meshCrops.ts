/** @file Where the face mesh looks: first around a detector's box, then around the points that it found itself. */
import { MESH_POINTS } from '../core/face.ts';
import { type Box, cropOf, inverted, type Point, type Similarity, transformed } from '../core/geometry.ts';
import { windowOf } from '../warp/placements.ts';

/** Side of the crop over the longer extent of the face. The network was trained on faces with that margin. */
const MARGIN = 1.5;

/** Outer corners of the left and the right eye, whose line is made level. */
const [LEFT_CORNER, RIGHT_CORNER] = [33, 263];

const pointOf = (mesh: Float32Array, k: number): Point => [mesh[2 * k] as number, mesh[2 * k + 1] as number];

/** The first crop: a square of 1.5 times the longer side around the middle of a box, upright. */
export function cropOfBox({ x, y, width, height }: Box, size: number): Similarity {
  const side = MARGIN * Math.max(width, height);
  return cropOf(x + (width - side) / 2, y + (height - side) / 2, side, size);
}

/** The least box that holds all points of a mesh, after a turn by cos + i·sin. */
function extent(mesh: Float32Array, cos = 1, sin = 0): Box {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let k = 0; k < mesh.length; k += 2) {
    const [px, py] = [mesh[k] as number, mesh[k + 1] as number];
    const [x, y] = [cos * px - sin * py, sin * px + cos * py];
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** The least upright box that holds all points of a mesh. */
export const boxOfMesh = (mesh: Float32Array): Box => extent(mesh);

/**
 * The crop of a face whose mesh is known, in which the line of the eyes is level: the square of 1.5 times the longer
 * extent of the turned points, around the middle of that extent.
 */
export function cropOfMesh(mesh: Float32Array, size: number): Similarity {
  const [left, right] = [pointOf(mesh, LEFT_CORNER), pointOf(mesh, RIGHT_CORNER)];
  const angle = Math.atan2(right[1] - left[1], right[0] - left[0]);
  const [cos, sin] = [Math.cos(-angle), Math.sin(-angle)];
  const { x, y, width, height } = extent(mesh, cos, sin);
  const side = MARGIN * Math.max(width, height);
  const scale = size / side;
  const [cx, cy] = [x + width / 2, y + height / 2];
  return { a: scale * cos, b: scale * sin, tx: size / 2 - scale * cx, ty: size / 2 - scale * cy };
}

/** Share of a look's side that is added on each side of {@link lookWindow}. */
const AROUND = 0.1;

/**
 * The part of a picture in which faces of the frame before are looked for, with a tenth more on each side, so that it
 * also holds the crops in which they are swapped.
 *
 * @returns whole pixels inside the picture; `undefined` if that is none of them.
 */
export function lookWindow(picture: Pick<Box, 'width' | 'height'>, meshes: readonly Float32Array[]): Box | undefined {
  const window = windowOf(
    picture,
    meshes.map((mesh) => cropOfMesh(mesh, 1)),
    1,
  );
  if (!window) return undefined;
  const [across, down] = [Math.ceil(AROUND * window.width), Math.ceil(AROUND * window.height)];
  const [x, y] = [Math.max(0, window.x - across), Math.max(0, window.y - down)];
  return {
    x,
    y,
    width: Math.min(picture.width, window.x + window.width + across) - x,
    height: Math.min(picture.height, window.y + window.height + down) - y,
  };
}

/** A mesh in pixels of the picture, from the network's points [468, 3] in pixels of the crop. */
export function meshInPicture(points: Float32Array, crop: Similarity): Float32Array {
  const back = inverted(crop);
  const mesh = new Float32Array(2 * MESH_POINTS);
  for (let k = 0; k < MESH_POINTS; k++)
    mesh.set(transformed(back, [points[3 * k] as number, points[3 * k + 1] as number]), 2 * k);
  return mesh;
}
