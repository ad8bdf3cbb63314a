/** @file Pictures that share a buffer on the GPU, so that one launch crops all of them. */
import { ArgumentError, currentGpu, type Gpu, type Program } from '@visage/gpu';
import { photosCrop, photosPlacement, photosStackedPixels } from '@visage/kernels';
import { scope, Tensor, tensor } from '@visage/tensor';
import { empty } from '@visage/tensor/kernels';
import type { Similarity } from '../core/geometry.ts';
import type { Picture } from '../core/picture.ts';
import type { CropOptions } from './crop.ts';
import { type GpuPicture, wholeOf, windowBytes, wordsOf } from './gpuPicture.ts';
import { PLACEMENT_NUMBERS, placementRows } from './placements.ts';

/** Larger pictures stay on the host, where crops upload what they show. */
const LARGEST = 2 ** 24; // pixels
/** Pixels of a stack: 128 MiB, which WebGPU promises for a buffer. */
const MOST_PIXELS = 2 ** 25;
const SPACING = 64; // words: bindings begin at multiples of 256 bytes
const SOURCE_NUMBERS = 6; // x, y, width, height, first word, unused

/** Pictures that were uploaded as far as that is sensible. */
export interface HeldPictures {
  readonly pictures: readonly (Picture | GpuPicture)[];
  /** Gives the memory back; pictures that were on the GPU before stay. */
  dispose(): void;
}

/**
 * Uploads pictures into as few buffers as possible. Pictures of more than 2²⁴ pixels stay on the host, those that are
 * on the GPU where they are.
 */
export function holdPictures(pictures: readonly (Picture | GpuPicture)[], gpu: Gpu = currentGpu()): HeldPictures {
  const held = [...pictures];
  const owned: Tensor[] = [];
  let [some, words]: [number[], number] = [[], 0];
  const upload = () => {
    if (some.length === 0) return;
    const [stacked, tensors] = uploadStack(
      some.map((k) => pictures[k] as Picture),
      gpu,
    );
    for (const [n, k] of some.entries()) held[k] = stacked[n] as GpuPicture;
    owned.push(...tensors);
    [some, words] = [[], 0];
  };
  for (const [k, picture] of pictures.entries()) {
    const size = spaced(picture.width * picture.height);
    if ('pixels' in picture || size > LARGEST) continue;
    if (words + size > MOST_PIXELS) upload();
    some.push(k);
    words += size;
  }
  upload();
  return {
    pictures: held,
    dispose() {
      for (const each of owned) each.dispose();
    },
  };
}

const spaced = (words: number): number => Math.ceil(words / SPACING) * SPACING;

/** Pictures in one buffer, with views as their pixels, and the tensors to dispose of. */
function uploadStack(pictures: readonly Picture[], gpu: Gpu): [stacked: GpuPicture[], owned: Tensor[]] {
  const total = pictures.reduce((sum, { width, height }) => sum + spaced(width * height), 0);
  const whole = empty(gpu, [total], 'u32');
  const frames = tensor(new Int32Array(SPACING * pictures.length), [SPACING * pictures.length], { gpu });
  const rows = new Int32Array(SPACING * pictures.length);
  let first = 0;
  const stacked = pictures.map((source, k): GpuPicture => {
    const { width, height } = source;
    rows.set([0, 0, width, height], SPACING * k);
    const pixels = new Tensor(gpu, whole.buffer.part(4 * first, 4 * width * height), [height, width], 'u32');
    const frame = new Tensor(gpu, frames.buffer.part(4 * SPACING * k, 16), [4], 'i32');
    pixels.write(wordsOf(windowBytes(source, wholeOf(source))));
    first += spaced(width * height);
    return { width, height, window: wholeOf(source), pixels, frame };
  });
  frames.write(rows);
  return [stacked, [whole, frames]];
}

/** Do these pictures lie in one buffer of the GPU? */
export function areStacked(pictures: readonly (Picture | GpuPicture)[]): pictures is readonly GpuPicture[] {
  const buffers = new Set(pictures.map((picture) => ('pixels' in picture ? picture.pixels.buffer.whole : undefined)));
  return buffers.size === 1 && !buffers.has(undefined);
}

/**
 * `cropPictures` for crops of several pictures that lie in one buffer: f32 [count, size, size, 3], the k-th of picture
 * k. Crops behind the last picture are black.
 *
 * @throws ArgumentError unless there are as many transforms as pictures, at most `count`.
 */
export function cropStack(
  pictures: readonly GpuPicture[],
  transforms: readonly Similarity[],
  size: number,
  count: number,
  { sampling = 'area', origin = 'corner' }: CropOptions = {},
): Tensor {
  if (transforms.length !== pictures.length || pictures.length > count)
    throw new ArgumentError(
      'cropStack',
      'transforms',
      `${transforms.length} for ${pictures.length} pictures`,
      `one for each picture, at most ${count}`,
    );
  const [first] = pictures as readonly [GpuPicture, ...GpuPicture[]];
  const { gpu, buffer } = first.pixels;
  return scope(() => {
    const rows = new Float32Array(PLACEMENT_NUMBERS * count);
    rows.set(placementRows(transforms, size));
    const sources = new Int32Array(SOURCE_NUMBERS * count);
    for (const [k, { window, pixels }] of pictures.entries())
      sources.set([window.x, window.y, window.width, window.height, pixels.buffer.offset / 4], SOURCE_NUMBERS * k);
    const out = empty(gpu, [count, size, size, 3]);
    const program: Program = {
      name: 'photos/cropStack',
      parts: [photosCrop, photosStackedPixels, photosPlacement],
      constants: { SIZE: size, AREA: sampling === 'area', INDEX: origin === 'index' },
    };
    const shown = tensor(sources, [count, SOURCE_NUMBERS], { gpu });
    const placements = tensor(rows, [count, PLACEMENT_NUMBERS], { gpu });
    gpu.dispatch({
      program,
      buffers: [out.buffer, buffer.whole, shown.buffer, placements.buffer],
      grid: [Math.ceil(size / 8), Math.ceil(size / 8), count],
      replaces: true,
    });
    return out;
  });
}
