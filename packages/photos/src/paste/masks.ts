import { ArgumentError, checkInteger, checkNumber, checkOptions, type Gpu, type OptionKeys } from '@visage/gpu';
import { photosOutline, photosRegion } from '@visage/kernels';
import { equal, greaterEqual, maximum, mul, scope, type Tensor, tensor } from '@visage/tensor';
import { checkDType, checkShape, empty } from '@visage/tensor/kernels';
import { type Point, type Similarity, transformed } from '../core/geometry.ts';
import { checkTransforms } from '../warp/placements.ts';
import { OUTLINE_POINTS } from './outlines.ts';

/** How {@link outlineMasks} softens. Both are shares of the face's size, the square root of the outline's area. */
export interface OutlineOptions {
  /** How far inside the outline the mask reaches 1. Default 0.15. */
  readonly feather?: number;
  /** How far the outline is moved outwards, or inwards if below 0. Default 0. */
  readonly grow?: number;
}

const OUTLINE_OPTIONS: OptionKeys<OutlineOptions> = { feather: true, grow: true };
const ROW = 2 * (OUTLINE_POINTS + 1);
const LARGEST = 2048; // pixels of a side

/** The area of a polygon (Gauss's formula). */
const areaOf = (polygon: readonly Point[]): number =>
  Math.abs(
    polygon.reduce((sum, [x, y], k) => {
      const [u, v] = polygon[(k + 1) % polygon.length] as Point;
      return sum + (x * v - u * y) / 2;
    }, 0),
  );

/**
 * What the kernel of {@link outlineMasks} reads: for each face the corners of its outline in pixels of the crop, and
 * the widths of feather and growth.
 *
 * @param outlines one polygon of {@link OUTLINE_POINTS} corners a face, in pixels of the picture: {@link outlineOf} or
 * {@link ellipseOf}.
 * @param transforms picture → crop, one a face.
 * @throws ArgumentError unless there is one outline for each transform.
 */
export function outlineRows(
  outlines: readonly (readonly Point[])[],
  transforms: readonly Similarity[],
  options: OutlineOptions = {},
): Float32Array {
  checkOptions('outlineRows', options, OUTLINE_OPTIONS);
  const { feather = 0.15, grow = 0 } = options;
  checkNumber('outlineRows', 'feather', feather, 0.001, 1);
  checkNumber('outlineRows', 'grow', grow, -1, 1);
  checkTransforms('outlineRows', transforms);
  if (outlines.length !== transforms.length)
    throw new ArgumentError('outlineRows', 'outlines', `${outlines.length}`, `${transforms.length}, one a transform`);
  const rows = new Float32Array(ROW * outlines.length);
  for (const [k, outline] of outlines.entries()) {
    if (outline.length !== OUTLINE_POINTS)
      throw new ArgumentError('outlineRows', `outlines[${k}]`, `${outline.length} points`, `${OUTLINE_POINTS}`);
    const moved = outline.map((point) => transformed(transforms[k] as Similarity, point));
    const side = Math.sqrt(areaOf(moved));
    rows.set([...moved.flat(), feather * side, grow * side], k * ROW);
  }
  return rows;
}

/**
 * A tensor of {@link outlineRows}, for steps that are recorded: between their runs it is overwritten with
 * `outlines.write(outlineRows(…))`. A row of zeros stands for no face.
 */
export const placeOutlines = (
  outlines: readonly (readonly Point[])[],
  transforms: readonly Similarity[],
  options: OutlineOptions = {},
  gpu?: Gpu,
): Tensor => tensor(outlineRows(outlines, transforms, options), [outlines.length, ROW], gpu ? { gpu } : {});

/**
 * Soft masks of faces, f32 [N, size, size, 1]: 1 deep inside the outline, falling to 0 at the outline and at the sides
 * of the crop, exactly 0 outside.
 *
 * The feather is a share of the face's size, so that small and large faces get the same edge. (SimSwap's is 40 pixels
 * of the picture for all: small faces vanish, large ones get a hard edge.)
 *
 * @param outlines the tensor of {@link placeOutlines}.
 */
export function outlineMasks(outlines: Tensor, size: number): Tensor {
  checkDType('outlineMasks', 'outlines', outlines, 'f32');
  checkShape('outlineMasks', 'outlines', outlines.shape, [null, ROW], 'placeOutlines makes them');
  checkInteger('outlineMasks', 'size', size, 1, LARGEST);
  const { gpu } = outlines;
  const count = outlines.dim(0);
  const out = empty(gpu, [count, size, size, 1]);
  gpu.dispatch({
    program: {
      name: 'photos/outline',
      parts: [photosOutline],
      constants: { SIZE: size, POINTS: OUTLINE_POINTS },
    },
    buffers: [out.buffer, outlines.buffer],
    grid: [Math.ceil(size / 8), Math.ceil(size / 8), count],
    replaces: true,
  });
  return out;
}

/** Options of masks from regions. */
export interface RegionOptions {
  /** How far inside the region the mask reaches 1, as a share of the crop's side. */
  readonly feather?: number;
}

const REGION_OPTIONS: OptionKeys<RegionOptions> = { feather: true };

/**
 * Soft masks of regions, for instance of a face by its parsing map: 1 deep inside, falling to 0 at the region's edge
 * and at the sides of the crop, exactly 0 outside.
 *
 * region f32 [N, S, S, 1], inside where it is above ½ → [N, S, S, 1].
 *
 * @param options feather, default 0.06, at most 0.25.
 */
export function regionMasks(region: Tensor, options: RegionOptions = {}): Tensor {
  checkOptions('regionMasks', options, REGION_OPTIONS);
  const { feather = 0.06 } = options;
  checkNumber('regionMasks', 'feather', feather, 0.001, 0.25);
  checkMasks('regionMasks', 'region', region);
  return softened(region, feather, true);
}

/** The mask of a region; with `border` it falls to 0 at the sides of the crop too. */
function softened(region: Tensor, feather: number, border: boolean): Tensor {
  const [count, size] = region.shape as [number, number];
  const width = Math.max(1, feather * size); // pixels
  const pass = (source: Tensor, columns: boolean): Tensor => {
    const out = empty(region.gpu, region.shape);
    region.gpu.dispatch({
      program: {
        name: 'photos/region',
        parts: [photosRegion],
        constants: {
          SIZE: size,
          RADIUS: Math.ceil(width) + 1,
          FEATHER: { type: 'f32', value: width },
          BORDER: border,
          COLUMNS: columns,
        },
      },
      buffers: [out.buffer, source.buffer],
      grid: [Math.ceil(size / 8), Math.ceil(size / 8), count],
      replaces: true,
    });
    return out;
  };
  return scope(() => pass(pass(region, false), true));
}

/** Throws unless masks are f32 [N, S, S, 1]. */
export function checkMasks(op: string, argument: string, masks: Tensor): void {
  checkDType(op, argument, masks, 'f32');
  const side = masks.rank === 4 ? masks.dim(1) : null;
  checkShape(op, argument, masks.shape, [null, side, side, 1], 'One square mask a crop');
}

/**
 * Classes of the parsing network that SimSwap uses (BiSeNet of CelebAMask-HQ, 19 classes): skin, brows, eyes, glasses,
 * nose, inner mouth and lips. Glasses are among them, because their class covers the eyes behind them. Hair, hats, ears
 * and neck are not: they stay as they are in the picture.
 */
export const celebMaskFace: readonly number[] = [1, 2, 3, 4, 5, 6, 10, 11, 12, 13];

/**
 * The region of some classes of a parsing map: 1 where the map has one of them, else 0.
 *
 * map f32 [N, S, S, 1] of class numbers → [N, S, S, 1].
 */
export function parsingRegion(map: Tensor, classes: readonly number[]): Tensor {
  checkMasks('parsingRegion', 'map', map);
  if (!Array.isArray(classes) || classes.length === 0)
    throw new ArgumentError('parsingRegion', 'classes', 'an empty list', 'numbers of classes');
  return scope(() => classes.map((each) => equal(map, each)).reduce((any, one) => maximum(any, one)));
}

/**
 * Takes what stands before the face out of masks: m · (1 − occluder), softened a little outside the occluder, so that a
 * hand or a strand of hair keeps all of its pixels.
 *
 * masks and occluders f32 [N, S, S, 1], occluded where above ½ → [N, S, S, 1].
 *
 * @param options feather, default 0.02 of the crop's side: edges of hands and hair are sharp.
 */
export function keepOccluders(masks: Tensor, occluders: Tensor, options: RegionOptions = {}): Tensor {
  checkOptions('keepOccluders', options, REGION_OPTIONS);
  const { feather = 0.02 } = options;
  checkNumber('keepOccluders', 'feather', feather, 0.001, 0.25);
  checkMasks('keepOccluders', 'masks', masks);
  checkDType('keepOccluders', 'occluders', occluders, 'f32');
  checkShape('keepOccluders', 'occluders', occluders.shape, masks.shape, 'One map a mask');
  return scope(() => mul(masks, softened(greaterEqual(0.5, occluders), feather, false)));
}
