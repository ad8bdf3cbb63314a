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
  const narrow = new Float64Array(height * toWidth); // along rows first, then along columns
  for (const [x, { first, shares }] of coverage(width, toWidth).entries())
    for (let y = 0; y < height; y++) {
      const at = y * width + first;
      let sum = 0;
      for (let k = 0; k < shares.length; k++) sum += (data[at + k] as number) * (shares[k] as number);
      narrow[y * toWidth + x] = sum;
    }
  const resized = new Float32Array(toWidth * toHeight);
  for (const [y, { first, shares }] of coverage(height, toHeight).entries())
    for (let x = 0; x < toWidth; x++) {
      let sum = 0;
      for (let k = 0; k < shares.length; k++)
        sum += (narrow[(first + k) * toWidth + x] as number) * (shares[k] as number);
      resized[y * toWidth + x] = sum;
    }
  return { width: toWidth, height: toHeight, data: resized };
}

/** The neighbouring pixels that a new pixel covers, and their shares of it, which add up to 1. */
interface Covered {
  readonly first: number;
  readonly shares: Float64Array;
}

/** What each of `to` equal parts of a line of `from` pixels covers. */
function coverage(from: number, to: number): Covered[] {
  return Array.from({ length: to }, (_, part) => {
    const [start, end] = [(part * from) / to, ((part + 1) * from) / to];
    const first = Math.floor(start);
    const shares = new Float64Array(Math.min(Math.ceil(end), from) - first);
    for (let k = 0; k < shares.length; k++)
      shares[k] = (Math.min(end, first + k + 1) - Math.max(start, first + k)) / (end - start);
    return { first, shares };
  });
}
