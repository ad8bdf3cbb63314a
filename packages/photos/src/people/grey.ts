import { checkInteger } from '@visage/gpu';
import { PIXEL_BYTES, type Picture } from '../core/picture.ts';

/** A grey picture in floats: luma (ITU-R BT.601) from 0 to 255, row by row. */
export interface GreyPicture {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

const luma = (red: number, green: number, blue: number): number => 0.299 * red + 0.587 * green + 0.114 * blue;

/** The luma of a picture; alpha is ignored. */
export function greyOf({ width, height, data }: Picture): GreyPicture {
  const grey = new Float32Array(width * height);
  for (let k = 0, at = 0; k < grey.length; k++, at += PIXEL_BYTES)
    grey[k] = luma(data[at] as number, data[at + 1] as number, data[at + 2] as number);
  return { width, height, data: grey };
}

/**
 * The luma of one face of a batch [N, size, size, 3] of RGB in [0, 1], read back from the GPU.
 *
 * @throws ArgumentError unless the batch has that face.
 */
export function greyOfCrop(batch: Float32Array, size: number, face = 0): GreyPicture {
  const pixels = size * size;
  checkInteger('greyOfCrop', 'face', face, 0, batch.length / (3 * pixels) - 1);
  const grey = new Float32Array(pixels);
  for (let k = 0, at = 3 * pixels * face; k < pixels; k++, at += 3)
    grey[k] = 255 * luma(batch[at] as number, batch[at + 1] as number, batch[at + 2] as number);
  return { width: size, height: size, data: grey };
}

/** Shrinks or enlarges a grey picture: each new pixel is the mean of the area that it covers. */
export function resizedGrey({ width, height, data }: GreyPicture, toWidth: number, toHeight: number): GreyPicture {
  const rows = overlaps(height, toHeight);
  const columns = overlaps(width, toWidth);
  const resized = new Float32Array(toWidth * toHeight);
  for (const [y, row] of rows.entries()) {
    for (const [x, column] of columns.entries()) {
      let [sum, area] = [0, 0];
      for (const [fromY, tall] of row) {
        for (const [fromX, wide] of column) {
          sum += (data[fromY * width + fromX] as number) * tall * wide;
          area += tall * wide;
        }
      }
      resized[y * toWidth + x] = sum / area;
    }
  }
  return { width: toWidth, height: toHeight, data: resized };
}

/** For each of `to` equal parts of a line of `from` pixels: the pixels that it covers, and how much of each. */
function overlaps(from: number, to: number): [pixel: number, share: number][][] {
  return Array.from({ length: to }, (_, part) => {
    const [start, end] = [(part * from) / to, ((part + 1) * from) / to];
    const covered: [number, number][] = [];
    for (let pixel = Math.floor(start); pixel < Math.min(Math.ceil(end), from); pixel++)
      covered.push([pixel, Math.min(end, pixel + 1) - Math.max(start, pixel)]);
    return covered;
  });
}
