import { ArgumentError, showValue } from '@visage/gpu';
import { concat, matmul, noGrad, slice, type Tensor, tensor } from '@visage/tensor';
import { checkDType, checkShape } from '@visage/tensor/kernels';
import { occurs } from '../core/pictureChanges.ts';
import { blurred, compressed, noisy, occluded, recoloured, shrunk, warped } from '../training/changeKernels.ts';
import { FACE_CHANGE_ROW, facePlaces as places } from './faceChangeRows.ts';
import { checkFaceChanges, type FaceChanges, noChanges } from './faceChanges.ts';

const moves = ({ flip, jitter }: FaceChanges): boolean => flip > 0 || occurs(jitter);

/**
 * Changes faces at random, see {@link FaceChanges}. A change that cannot occur is not computed. Results have no
 * gradient.
 *
 * @param faces [N, S, S, 3] f32 in [0, 1].
 * @param rows [N, {@link FACE_CHANGE_ROW}] of `faceChangeRows` with the same changes.
 * @returns [N, S, S, 3] in [0, 1].
 * @throws ArgumentError for shapes that do not fit, or changes out of range.
 */
export function changeFaces(faces: Tensor, changes: FaceChanges, rows: Tensor): Tensor {
  check('changeFaces', faces, changes, rows, 3);
  return noGrad(() => {
    let x = faces.detach();
    if (moves(changes)) x = warped(x, rows, places.warp);
    if (occurs(changes.occlusion)) x = occluded(x, rows, places.occlusion);
    if (occurs(changes.color)) x = recoloured(x, rows, places.color);
    if (occurs(changes.blur)) x = blurred(x, rows, places.blur, changes.blur.strength);
    if (occurs(changes.shrink, noChanges.shrink.strength)) x = shrunk(x, rows, places.shrink);
    if (occurs(changes.noise)) x = noisy(x, rows, places.noise);
    if (changes.grey > 0) x = recoloured(x, rows, places.grey); // behind the noise, which has colours
    return occurs(changes.jpeg) ? compressed(x, rows, places.jpeg) : x;
  });
}

/**
 * Maps of classes under the changes of their faces: moved with them, and the objects before the face are of class
 * `occluder`.
 *
 * @param maps [N, S, S, 1] f32, the class of each pixel.
 * @throws ArgumentError as {@link changeFaces}.
 */
export function changeMaps(maps: Tensor, changes: FaceChanges, rows: Tensor, occluder: number): Tensor {
  check('changeMaps', maps, changes, rows, 1);
  return noGrad(() => {
    let x = maps.detach();
    if (moves(changes)) x = warped(x, rows, places.warp, true);
    return occurs(changes.occlusion) ? occluded(x, rows, places.occlusion, occluder) : x;
  });
}

/**
 * Points of faces under the changes of their faces, where they lie in the changed ones. Those of a mirrored face change
 * places with their mirror images.
 *
 * @param points [N, P, 2] f32, x and y as shares of the side.
 * @param size the side in pixels for which the rows were drawn.
 * @param mirror for each point the number of its mirror image, which is its own number for points on the middle line.
 * @throws ArgumentError as {@link changeFaces}, and unless `mirror` names each point once.
 */
export function changePoints(
  points: Tensor,
  changes: FaceChanges,
  rows: Tensor,
  size: number,
  mirror: readonly number[],
): Tensor {
  checkFaceChanges('changePoints', changes);
  checkDType('changePoints', 'points', points, 'f32');
  checkShape('changePoints', 'points', points.shape, [null, mirror.length, 2], 'x and y of each point');
  checkShape('changePoints', 'rows', rows.shape, [points.dim(0), FACE_CHANGE_ROW], 'One row per picture');
  if ([...mirror].sort((a, b) => a - b).some((point, k) => point !== k))
    throw new ArgumentError('changePoints', 'mirror', showValue(mirror), 'the number of each point once');
  if (!moves(changes)) return points;
  return noGrad(() => {
    const at = (place: number): Tensor => slice(rows, 1, place, place + 1);
    // The warp is M = (s a, −b | x; s b, a | y) from the new face to the old one; this is its inverse.
    const [b, x] = [at(places.warp + 1).neg(), at(places.warp + 2).div(size)];
    const [a, y] = [at(places.warp + 4), at(places.warp + 5).div(size)];
    const mirrored = at(places.mirrored);
    const side = mirrored.mul(-2).add(1);
    const count = mirror.length;
    const [oldX, oldY] = [0, 1].map((axis) => slice(points, 2, axis, axis + 1).reshape([points.dim(0), count]));
    const [dx, dy] = [(oldX as Tensor).sub(x), (oldY as Tensor).sub(y)];
    const square = a.mul(a).add(b.mul(b));
    const newX = a.mul(dx).add(b.mul(dy)).mul(side).div(square);
    const newY = a.mul(dy).sub(b.mul(dx)).div(square);
    const swap = new Float32Array(count * count);
    for (const [from, to] of mirror.entries()) swap[from * count + to] = 1;
    const order = tensor(swap, [count, count], { gpu: points.gpu });
    const placed = (values: Tensor): Tensor =>
      values.add(mirrored.mul(matmul(values, order).sub(values))).reshape([points.dim(0), count, 1]);
    return concat([placed(newX), placed(newY)], 2);
  });
}

function check(op: string, x: Tensor, changes: FaceChanges, rows: Tensor, channels: number): void {
  checkFaceChanges(op, changes);
  checkDType(op, 'pictures', x, 'f32');
  checkShape(op, 'pictures', x.shape, [null, x.dim(2), null, channels], 'They are square, NHWC');
  checkDType(op, 'rows', rows, 'f32');
  checkShape(op, 'rows', rows.shape, [x.dim(0), FACE_CHANGE_ROW], 'One row per picture');
}
