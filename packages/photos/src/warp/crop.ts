import {
  ArgumentError,
  checkInteger,
  checkOneOf,
  checkOptions,
  currentGpu,
  type OptionKeys,
  type Program,
} from '@visage/gpu';
import { photosCrop, photosPixels, photosPlacement } from '@visage/kernels';
import { concat, scope, Tensor, zeros } from '@visage/tensor';
import { empty } from '@visage/tensor/kernels';
import { type Box, type Similarity, scaleOf } from '../core/geometry.ts';
import type { Picture } from '../core/picture.ts';
import { type GpuPicture, showBox, uploadPicture, wholeOf } from './gpuPicture.ts';
import { checkTransforms, placementsOf, windowOf } from './placements.ts';
import { shrunkTransform, shrunkWindow } from './shrink.ts';

/** How {@link cropPictures} samples. */
export interface CropOptions {
  /**
   * `bilinear` takes one sample a pixel. `area` takes f x f, with f the whole number next to the pixels of the picture
   * that lie along one of the crop, so that nothing is skipped where the crop is smaller. Default `area`.
   */
  readonly sampling?: 'bilinear' | 'area';
  /**
   * What a transform moves. `corner`, the default: points of the plane, (0, 0) the corner of the first pixel. `index`:
   * pixel numbers, as TensorFlow resizes without half-pixel centres; for transforms that do not turn, with `bilinear`.
   */
  readonly origin?: 'corner' | 'index';
}

const OPTIONS: OptionKeys<CropOptions> = { sampling: true, origin: true };

/**
 * The most pixels of a picture that are uploaded for crops; larger windows are shrunk first. It fits into the smallest
 * limit of WebGPU, and is the same on every device so that crops are too.
 */
const MOST_PIXELS = 2 ** 24;

/** Longest side of a crop. */
const LARGEST_CROP = 2048;

/**
 * Square crops of a picture, all in one launch: f32 [N, size, size, 3], RGB in [0, 1]. What lies outside the picture is
 * black; alpha is left out.
 *
 * @param source a picture on the host is uploaded, as much of it as the crops show. What would be more than 2²⁴ pixels
 * is uploaded for each crop alone, shrunk by the largest whole factor that leaves as many pixels as the crop has.
 * @param transforms take points of the picture to points of the crop, whose sides run from 0 to `size`. Or the tensor
 * of {@link placeCrops}, which may be overwritten between the runs of a recorded step.
 * @throws ArgumentError for what are no transforms or options, and if the picture on the GPU is a window that does not
 * hold all that the crops show.
 */
export function cropPictures(
  source: Picture | GpuPicture,
  transforms: readonly Similarity[] | Tensor,
  size: number,
  options: CropOptions = {},
): Tensor {
  checkInteger('cropPictures', 'size', size, 1, LARGEST_CROP);
  checkSampling(options, transforms);
  if ('pixels' in source) {
    if (!(transforms instanceof Tensor)) checkHeld(source, transforms, size);
    return scope(() => launch(source, transforms, size, options));
  }
  if (transforms instanceof Tensor)
    throw new ArgumentError(
      'cropPictures',
      'transforms',
      `a tensor for a picture on the host`,
      'similarity transforms',
      'Upload the picture first',
    );
  return scope(() => cropHostPicture(source, transforms, size, options));
}

function checkSampling(options: CropOptions, transforms: readonly Similarity[] | Tensor): void {
  checkOptions('cropPictures', options, OPTIONS);
  const { sampling = 'area', origin = 'corner' } = options;
  checkOneOf('cropPictures', 'sampling', sampling, ['bilinear', 'area']);
  checkOneOf('cropPictures', 'origin', origin, ['corner', 'index']);
  if (!(transforms instanceof Tensor)) checkTransforms('cropPictures', transforms);
  if (origin === 'corner') return;
  const turns = !(transforms instanceof Tensor) && transforms.some(({ b }) => b !== 0);
  if (turns)
    throw new ArgumentError('cropPictures', 'origin', "'index'", "'corner' for transforms that turn the picture");
  if (sampling === 'area')
    throw new ArgumentError('cropPictures', 'sampling', "'area'", "'bilinear' with the origin 'index'");
}

/** Throws if a window on the GPU lacks pixels that crops show. */
export function checkHeld(
  { width, height, window }: GpuPicture,
  transforms: readonly Similarity[],
  size: number,
): void {
  const needed = windowOf({ width, height }, transforms, size);
  if (!needed) return;
  const [right, bottom] = [window.x + window.width, window.y + window.height];
  const outside = [window.x - needed.x, window.y - needed.y]; // pixels
  outside.push(needed.x + needed.width - right, needed.y + needed.height - bottom);
  if (Math.max(...outside) <= 0) return;
  throw new ArgumentError(
    'cropPictures',
    "source's window",
    showBox(window),
    `one that holds ${showBox(needed)}, which the crops show`,
    'Upload a larger window',
  );
}

function launch(
  source: GpuPicture,
  transforms: readonly Similarity[] | Tensor,
  size: number,
  { sampling = 'area', origin = 'corner' }: CropOptions,
): Tensor {
  const { gpu } = source.pixels;
  const placements = placementsOf('cropPictures', transforms, size, gpu);
  const count = placements.dim(0);
  const out = empty(gpu, [count, size, size, 3]);
  const program: Program = {
    name: 'photos/crop',
    parts: [photosCrop, photosPixels, photosPlacement],
    constants: { SIZE: size, AREA: sampling === 'area', INDEX: origin === 'index' },
  };
  gpu.dispatch({
    program,
    buffers: [out.buffer, source.pixels.buffer, source.frame.buffer, placements.buffer],
    grid: [Math.ceil(size / 8), Math.ceil(size / 8), count],
    replaces: true,
  });
  return out;
}

function cropHostPicture(
  source: Picture,
  transforms: readonly Similarity[],
  size: number,
  options: CropOptions,
): Tensor {
  const all = windowOf(source, transforms, size);
  if (!all) return zeros([transforms.length, size, size, 3]);
  if (all.width * all.height <= MOST_PIXELS)
    return launch(uploadPicture(source, all, currentGpu()), transforms, size, options);
  if (transforms.length === 1) return cropShrunk(source, transforms[0] as Similarity, size, options, all);
  return concat(
    transforms.map((transform) => scope(() => cropHostPicture(source, [transform], size, options))),
    0,
  );
}

/** A crop of more pixels than are uploaded: the picture is shrunk until it has hardly more pixels than the crop. */
function cropShrunk(source: Picture, transform: Similarity, size: number, options: CropOptions, shown: Box): Tensor {
  const factor = Math.max(1, Math.floor(1 / scaleOf(transform)));
  const { width, height } = wholeOf(source);
  const [x, y] = [shown.x - (shown.x % factor), shown.y - (shown.y % factor)];
  const [right, bottom] = [shown.x + shown.width, shown.y + shown.height];
  const window = { x, y, width: Math.min(width, right) - x, height: Math.min(height, bottom) - y };
  const small = shrunkWindow(source, factor, window);
  const moved = shrunkTransform(transform, factor, window, options.origin === 'index');
  return launch(uploadPicture(small), [moved], size, options);
}
