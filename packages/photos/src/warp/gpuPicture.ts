import { ArgumentError, currentGpu, type Gpu } from '@visage/gpu';
import { type Tensor, tensor } from '@visage/tensor';
import type { Box } from '../core/geometry.ts';
import { PIXEL_BYTES, type Picture, picture } from '../core/picture.ts';

/**
 * A picture, or a rectangle of one, on the GPU. It is plain data of tensors, so a scope or a recorded step may return
 * it.
 */
export interface GpuPicture {
  /** The sides of the whole picture, whatever part of it is held. */
  readonly width: number;
  readonly height: number;
  /** The part that is held: whole pixels, inside the picture. */
  readonly window: Box;
  /** u32 [window.height, window.width]: the bytes red, green, blue, alpha, red the lowest. */
  readonly pixels: Tensor;
  /** i32 [4]: x, y, width and height of the window, for kernels. */
  readonly frame: Tensor;
}

/** The whole of a picture. */
export const wholeOf = ({ width, height }: Pick<Picture, 'width' | 'height'>): Box => ({ x: 0, y: 0, width, height });

/** Throws unless a window consists of whole pixels of a picture. */
function checkWindow(op: string, { width, height }: Picture, window: Box): void {
  const { x, y } = window;
  const inside = x >= 0 && y >= 0 && x + window.width <= width && y + window.height <= height;
  const whole = [x, y, window.width, window.height].every(Number.isInteger);
  if (!whole || !inside || window.width < 1 || window.height < 1)
    throw new ArgumentError(op, 'window', showBox(window), `whole pixels inside ${width} x ${height}`);
}

/** A box as text for messages. */
export const showBox = ({ x, y, width, height }: Box): string => `${width} x ${height} at (${x}, ${y})`;

/** The pixels of a window, row after row; the picture's own bytes if the window is the whole. */
export function windowBytes({ width, data }: Picture, { x, y, ...window }: Box): Uint8Array {
  const row = PIXEL_BYTES * window.width;
  if (window.width === width) return data.subarray(y * row, (y + window.height) * row);
  const bytes = new Uint8Array(row * window.height);
  for (let line = 0; line < window.height; line++) {
    const from = PIXEL_BYTES * ((y + line) * width + x);
    bytes.set(data.subarray(from, from + row), line * row);
  }
  return bytes;
}

/** Bytes as words, without a copy where their place in memory allows it. */
export function wordsOf(bytes: Uint8Array): Uint32Array {
  const aligned = bytes.byteOffset % PIXEL_BYTES === 0 ? bytes : new Uint8Array(bytes);
  return new Uint32Array(aligned.buffer, aligned.byteOffset, bytes.length / PIXEL_BYTES);
}

/**
 * Copies a picture, or a window of it, to the GPU.
 *
 * @param window default: all of the picture.
 * @param gpu default: the current device.
 * @throws ArgumentError unless the window consists of whole pixels of the picture, and if the device does not allow a
 * buffer that large. WebGPU allows at least 33 million pixels everywhere.
 */
export function uploadPicture(source: Picture, window: Box = wholeOf(source), gpu: Gpu = currentGpu()): GpuPicture {
  checkWindow('uploadPicture', source, window);
  const { maxStorageBufferBindingSize, maxBufferSize } = gpu.device.limits;
  const most = Math.floor(Math.min(maxStorageBufferBindingSize, maxBufferSize) / PIXEL_BYTES);
  if (window.width * window.height > most)
    throw new ArgumentError(
      'uploadPicture',
      'window',
      showBox(window),
      `at most ${most} pixels on this adapter`,
      'Upload a window, or give the Picture itself to cropPictures and pasteIntoPicture, which work by windows',
    );
  const { x, y, width, height } = window;
  return {
    width: source.width,
    height: source.height,
    window: { x, y, width, height },
    pixels: tensor(wordsOf(windowBytes(source, window)), [height, width], { gpu }),
    frame: tensor(Int32Array.of(x, y, width, height), [4], { gpu }),
  };
}

/**
 * Replaces the content of a picture on the GPU, for instance by the next frame of a film. A recorded step that reads it
 * sees the new pixels at its next run.
 *
 * @throws ArgumentError unless the picture has the same sides.
 */
export function overwritePicture(target: GpuPicture, source: Picture): void {
  if (source.width !== target.width || source.height !== target.height)
    throw new ArgumentError(
      'overwritePicture',
      'source',
      `${source.width} x ${source.height}`,
      `${target.width} x ${target.height}, as the picture that it replaces`,
    );
  target.pixels.write(wordsOf(windowBytes(source, target.window)));
}

/** Copies the window that a picture on the GPU holds to the host: a picture of the size of that window. */
export async function downloadPicture({ pixels, window }: Pick<GpuPicture, 'pixels' | 'window'>): Promise<Picture> {
  const words = (await pixels.data()) as Uint32Array;
  return picture(window.width, window.height, new Uint8Array(words.buffer, words.byteOffset, words.byteLength));
}
