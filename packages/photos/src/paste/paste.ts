import { checkNumber, checkOneOf, checkOptions, type OptionKeys } from '@visage/gpu';
import { photosChange, photosColour, photosPaste, photosPixels, photosPlacement } from '@visage/kernels';
import { mul, scope, type Tensor, tensor } from '@visage/tensor';
import { checkDType, checkShape, empty } from '@visage/tensor/kernels';
import type { Box, Similarity } from '../core/geometry.ts';
import { PIXEL_BYTES, type Picture, picture } from '../core/picture.ts';
import { cropPictures } from '../warp/crop.ts';
import { downloadPicture, type GpuPicture, uploadPicture } from '../warp/gpuPicture.ts';
import { placementsOf, windowOf } from '../warp/placements.ts';
import { checkMasks } from './masks.ts';

/** How {@link pasteBack} blends. */
export interface PasteOptions {
  /** How much of the change is applied, 0 to 1. Default 1. */
  readonly strength?: number;
  /** `match`, the default, gives each changed face the mean colour and contrast of the original; `keep` does not. */
  readonly colour?: 'match' | 'keep';
  /**
   * The crops that the changed ones were made from, f32 [N, S, S, 3]. Default: they are cropped again, with the
   * sampling `area`.
   */
  readonly crops?: Tensor;
}

const OPTIONS: OptionKeys<PasteOptions> = { strength: true, colour: true, crops: true };

/** Samples along a side that decide the colours of a face. */
const COLOUR_SAMPLES = 64;

/** Maps of colours that change nothing, for `count` faces. */
const SAME_COLOURS = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0];

/** Pixels of the band of a picture that is pasted at a time; see {@link pasteIntoPicture}. */
const BAND_PIXELS = 2 ** 24;

/**
 * For each face the affine map of RGB that gives `swapped` the colours of `crops` inside its mask: f32 [N, 3, 4], rows
 * of a matrix with their offsets. The method is that of kernels/photos/colour.wgsl.
 */
export function colourMaps(crops: Tensor, swapped: Tensor, masks: Tensor): Tensor {
  checkMasks('colourMaps', 'masks', masks);
  const [count, size] = masks.shape as [number, number];
  checkCrops('colourMaps', 'crops', crops, masks);
  checkCrops('colourMaps', 'swapped', swapped, masks);
  const out = empty(masks.gpu, [count, 3, 4]);
  masks.gpu.dispatch({
    program: {
      name: 'photos/colour',
      parts: [photosColour],
      constants: { SIZE: size, STEP: Math.max(1, Math.floor(size / COLOUR_SAMPLES)) },
    },
    buffers: [out.buffer, crops.buffer, swapped.buffer, masks.buffer],
    grid: [count, 1, 1],
    replaces: true,
  });
  return out;
}

function checkCrops(op: string, argument: string, crops: Tensor, masks: Tensor): void {
  checkDType(op, argument, crops, 'f32');
  checkShape(op, argument, crops.shape, [...masks.shape.slice(0, 3), 3], 'One crop a mask, of the same size');
}

/** Crops, what changes in them, and where they belong. */
interface Parts {
  readonly crops: Tensor;
  /** Differences of colour, and the share of finer detail that goes with them: f32 [N, S, S, 4]. */
  readonly changes: Tensor;
  readonly masks: Tensor;
  readonly placements: Tensor;
}

function changesOf(crops: Tensor, swapped: Tensor, colours: Tensor): Tensor {
  const [count, size] = crops.shape as [number, number];
  const out = empty(crops.gpu, [count, size, size, 4]);
  crops.gpu.dispatch({
    program: { name: 'photos/change', parts: [photosChange], constants: { SIZE: size } },
    buffers: [out, crops, swapped, colours].map(({ buffer }) => buffer),
    grid: [Math.ceil(size / 8), Math.ceil(size / 8), count],
    replaces: true,
  });
  return out;
}

/** The pixels of a picture with crops pasted into it. */
function paste(target: GpuPicture, { crops, changes, masks, placements }: Parts): Tensor {
  const { pixels, frame, window } = target;
  const out = empty(pixels.gpu, pixels.shape, 'u32');
  pixels.gpu.dispatch({
    program: {
      name: 'photos/paste',
      parts: [photosPaste, photosPixels, photosPlacement],
      constants: { SIZE: masks.dim(1) },
    },
    buffers: [out, pixels, frame, placements, crops, masks, changes].map(({ buffer }) => buffer),
    grid: [Math.ceil(window.width / 16), Math.ceil(window.height / 16), 1],
    replaces: true,
  });
  return out;
}

/** What {@link paste} needs; `crop` makes the crops if they were not given. */
function partsOf(
  swapped: Tensor,
  transforms: readonly Similarity[] | Tensor,
  masks: Tensor,
  { strength = 1, colour = 'match', crops: given }: PasteOptions,
  crop: (size: number) => Tensor,
): Parts {
  const [count, size] = masks.shape as [number, number];
  const crops = given ?? crop(size);
  const { gpu } = masks;
  const same = (): Tensor => tensor(Array.from({ length: count }, () => SAME_COLOURS).flat(), [count, 3, 4], { gpu });
  return {
    crops,
    changes: changesOf(crops, swapped, colour === 'match' ? colourMaps(crops, swapped, masks) : same()),
    masks: strength === 1 ? masks : mul(masks, strength),
    placements: placementsOf('pasteBack', transforms, size, gpu),
  };
}

function checkPaste(swapped: Tensor, transforms: readonly Similarity[] | Tensor, masks: Tensor, options: PasteOptions) {
  checkOptions('pasteBack', options, OPTIONS);
  const { strength = 1, colour = 'match', crops } = options;
  checkNumber('pasteBack', 'strength', strength, 0, 1);
  checkOneOf('pasteBack', 'colour', colour, ['match', 'keep']);
  checkMasks('pasteBack', 'masks', masks);
  checkCrops('pasteBack', 'swapped', swapped, masks);
  if (crops) checkCrops('pasteBack', 'crops', crops, masks);
  const count = 'length' in transforms ? transforms.length : transforms.dim(0);
  checkShape('pasteBack', 'masks', masks.shape, [count, null, null, 1], 'One mask a transform');
}

/**
 * Pastes changed crops back into the picture that they were cut from: picture + mask · strength · (changed − crop).
 *
 * Because the difference is pasted, crops that did not change leave the picture as it is, however often it was
 * resampled on the way. Detail that is finer than a pixel of the crop stays where the change is small. Pixels that no
 * mask reaches keep their bits, and alpha is kept everywhere. All of it is launches, so a recorded step can hold it.
 *
 * @param target it must hold what the crops show, unless `crops` are given. It is not changed.
 * @param swapped the changed crops, f32 [N, S, S, 3] in [0, 1].
 * @param transforms picture → crop, as {@link cropPictures} takes them: a list, or the tensor of `placeCrops`.
 * @param masks f32 [N, S, S, 1] in [0, 1].
 * @returns the new picture, of the same window as `target`, whose tensor `frame` it shares.
 * @throws ArgumentError for what are no crops, masks and transforms of the same number and size, or no options.
 */
export function pasteBack(
  target: GpuPicture,
  swapped: Tensor,
  transforms: readonly Similarity[] | Tensor,
  masks: Tensor,
  options: PasteOptions = {},
): GpuPicture {
  checkPaste(swapped, transforms, masks, options);
  const crop = (size: number): Tensor => cropPictures(target, transforms, size);
  return { ...target, pixels: scope(() => paste(target, partsOf(swapped, transforms, masks, options, crop))) };
}

/**
 * As {@link pasteBack}, for a picture on the host of any size: a new picture. Only the part that the crops show goes to
 * the GPU and back, in bands of at most 2²⁴ pixels.
 */
export async function pasteIntoPicture(
  target: Picture,
  swapped: Tensor,
  transforms: readonly Similarity[],
  masks: Tensor,
  options: PasteOptions = {},
): Promise<Picture> {
  checkPaste(swapped, transforms, masks, options);
  const out = picture(target.width, target.height, new Uint8Array(target.data));
  const window = windowOf(target, transforms, masks.dim(1));
  if (!window) return out;
  const crop = (size: number): Tensor => cropPictures(target, transforms, size);
  const parts = scope(() => partsOf(swapped, transforms, masks, options, crop));
  try {
    for (const band of bandsOf(window)) {
      const pixels = scope(() => paste(uploadPicture(target, band, masks.gpu), parts));
      copyRows(out, band, await downloadPicture({ pixels, window: band }).finally(() => pixels.dispose()));
    }
  } finally {
    const given = [masks, options.crops];
    for (const made of Object.values<Tensor>({ ...parts })) if (!given.includes(made)) made.dispose();
  }
  return out;
}

/** Divides a window into bands of whole rows. */
function bandsOf({ x, y, width, height }: Box): Box[] {
  const rows = Math.max(1, Math.floor(BAND_PIXELS / width));
  return Array.from({ length: Math.ceil(height / rows) }, (_, k) => ({
    x,
    y: y + k * rows,
    width,
    height: Math.min(rows, height - k * rows),
  }));
}

/** Copies a small picture into a window of a large one. */
function copyRows(into: Picture, { x, y, width }: Box, { data, height }: Picture): void {
  const row = PIXEL_BYTES * width;
  for (let line = 0; line < height; line++)
    into.data.set(data.subarray(line * row, (line + 1) * row), PIXEL_BYTES * ((y + line) * into.width + x));
}
