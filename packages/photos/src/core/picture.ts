import { ArgumentError, checkInteger } from '@visage/gpu';

/**
 * A photograph on the host: sRGB, 8 bits, row by row from the top, four bytes a pixel (red, green, blue, alpha; alpha
 * is not multiplied into the colours). This is the layout of a browser's `ImageData`, and of a GPU buffer of one `u32`
 * a pixel.
 *
 * {@link Image} of `@visage/faces` is for small aligned faces, in floats; a photograph of 100 million pixels would take
 * 1.2 GB that way.
 */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
  /** Whether every alpha is 255. Formats without alpha can then hold the picture without a loss. */
  readonly opaque: boolean;
}

/** Bytes of a pixel of a {@link Picture}. */
export const PIXEL_BYTES = 4;

/**
 * Makes a picture; `data` defaults to opaque black.
 *
 * @throws ArgumentError unless the sides are positive whole numbers and there are four bytes for each pixel.
 */
export function picture(width: number, height: number, data?: Uint8Array): Picture {
  checkInteger('picture', 'width', width, 1);
  checkInteger('picture', 'height', height, 1);
  const length = PIXEL_BYTES * width * height;
  if (data === undefined) {
    const black = new Uint8Array(length);
    for (let at = 3; at < length; at += PIXEL_BYTES) black[at] = 255;
    return { width, height, data: black, opaque: true };
  }
  if (data.length !== length)
    throw new ArgumentError('picture', 'data', `${data.length} bytes`, `${length} for ${width} x ${height} RGBA`);
  let opaque = true;
  for (let at = 3; at < length && opaque; at += PIXEL_BYTES) opaque = data[at] === 255;
  return { width, height, data, opaque };
}
