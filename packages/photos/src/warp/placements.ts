import { ArgumentError, checkInteger, type Gpu, showValue } from '@visage/gpu';
import { Tensor, tensor } from '@visage/tensor';
import { checkDType, checkShape } from '@visage/tensor/kernels';
import { type Box, inverted, type Point, type Similarity, scaleOf, transformed } from '../core/geometry.ts';

/** Numbers of a placement. */
export const PLACEMENT_NUMBERS = 6;

/** Throws unless `transforms` is a list of at least one transform with a scale. */
export function checkTransforms(op: string, transforms: readonly Similarity[]): void {
  if (!Array.isArray(transforms) || transforms.length === 0)
    throw new ArgumentError(op, 'transforms', showValue(transforms), 'a list of at least one similarity transform');
  for (const [k, { a, b, tx, ty }] of transforms.entries()) {
    const norm = a * a + b * b;
    if (![a, b, tx, ty].every(Number.isFinite) || !(norm > 0) || !Number.isFinite(1 / norm))
      throw new ArgumentError(op, `transforms[${k}]`, showValue({ a, b, tx, ty }), 'finite, with a scale above 0');
  }
}

/**
 * What kernels read of transforms (picture → crop of side `size`), six numbers each: a and b of the inverse, a whole
 * pixel near the middle of the crop, and what is left from there to the middle.
 *
 * With the two apart, f32 places a crop as exactly at the end of a picture of 100 million pixels as at its beginning.
 */
export function placementRows(transforms: readonly Similarity[], size: number): Float32Array {
  checkTransforms('placementRows', transforms);
  checkInteger('placementRows', 'size', size, 1);
  const rows = new Float32Array(PLACEMENT_NUMBERS * transforms.length);
  for (const [k, transform] of transforms.entries()) {
    const back = inverted(transform);
    const [x, y] = transformed(back, [size / 2, size / 2]);
    const [left, top] = [Math.floor(x), Math.floor(y)];
    rows.set([back.a, back.b, left, top, x - left, y - top], PLACEMENT_NUMBERS * k);
  }
  return rows;
}

/**
 * A tensor [N, 6] of {@link placementRows}, for steps that are recorded: between their runs it is overwritten with
 * `placements.write(placementRows(…))`. A row of zeros stands for no crop.
 */
export const placeCrops = (transforms: readonly Similarity[], size: number, gpu?: Gpu): Tensor =>
  tensor(placementRows(transforms, size), [transforms.length, PLACEMENT_NUMBERS], gpu ? { gpu } : {});

/** Transforms as a tensor of placements, if they are no such tensor yet. */
export function placementsOf(op: string, transforms: readonly Similarity[] | Tensor, size: number, gpu: Gpu): Tensor {
  if (!(transforms instanceof Tensor)) {
    checkTransforms(op, transforms);
    return placeCrops(transforms, size, gpu);
  }
  checkDType(op, 'transforms', transforms, 'f32');
  checkShape(op, 'transforms', transforms.shape, [null, PLACEMENT_NUMBERS], 'placeCrops makes them');
  return transforms;
}

/** The whole pixels of a picture that crops of side `size` show, with those next to them; `undefined` if none. */
export function windowOf(
  { width, height }: Pick<Box, 'width' | 'height'>,
  transforms: readonly Similarity[],
  size: number,
): Box | undefined {
  const corners = transforms.flatMap((transform): Point[] => {
    const back = inverted(transform);
    const [margin, end] = [-scaleOf(transform), size + scaleOf(transform)]; // a pixel of the picture
    return [transformed(back, [margin, margin]), transformed(back, [end, margin])].concat([
      transformed(back, [margin, end]),
      transformed(back, [end, end]),
    ]);
  });
  const [xs, ys] = [corners.map(([x]) => x), corners.map(([, y]) => y)];
  const [left, top] = [Math.max(0, Math.floor(Math.min(...xs))), Math.max(0, Math.floor(Math.min(...ys)))];
  const right = Math.min(width, Math.ceil(Math.max(...xs)));
  const bottom = Math.min(height, Math.ceil(Math.max(...ys)));
  if (right <= left || bottom <= top) return undefined;
  return { x: left, y: top, width: right - left, height: bottom - top };
}
