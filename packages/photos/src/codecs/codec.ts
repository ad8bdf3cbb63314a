import { ArgumentError, checkInteger, checkOneOf, checkOptions, type OptionKeys } from '@visage/gpu';
import { FileError } from '@visage/nn';
import type { Picture } from '../core/picture.ts';
import { type PictureFormat, pictureFormats, pictureLimits } from './formats.ts';

/** How a picture is encoded. */
export interface EncodeOptions {
  /** From 1 to 100, for the formats with losses; the default is that of {@link pictureFormats}. */
  readonly quality?: number;
  /** An XMP packet, which goes into the file. */
  readonly xmp?: string;
}

const ENCODE_OPTIONS: OptionKeys<EncodeOptions> = { quality: true, xmp: true };

/**
 * Turns files into pictures and back. Browsers and Node bring their own decoders, so there are two: `browserCodec` and,
 * in `@visage/photos/node`, `sharpCodec`.
 */
export interface PictureCodec {
  /**
   * Decodes a picture as it is meant to be seen: turned as its EXIF data say, in sRGB whatever its colour profile was,
   * with 8 bits a sample and straight alpha. Of an animation this is the first frame.
   *
   * @param name how errors call the file, for instance its path.
   * @throws FileError when the bytes are no picture, are damaged, or exceed {@link pictureLimits}.
   */
  decode(bytes: Uint8Array, name: string): Promise<Picture>;

  /**
   * Encodes a picture. A format without alpha shows transparent parts on white.
   *
   * @throws ArgumentError for an unknown format, a picture that the format cannot hold, or a quality for a lossless
   * format.
   */
  encode(picture: Picture, format: PictureFormat, options?: EncodeOptions): Promise<Uint8Array>;
}

/** How a picture is written. */
export interface WriteOptions {
  /** From 1 to 100, for the formats with losses; see {@link pictureFormats} for the defaults. */
  readonly quality?: number;
  /**
   * Whether the file says that its faces were swapped: in XMP, and in Node in content credentials where the format
   * holds them. Default true; what shows no swap needs no mark.
   */
  readonly marks?: boolean;
}

/** The names of the options of {@link WriteOptions}. */
export const WRITE_OPTIONS: OptionKeys<WriteOptions> = { quality: true, marks: true };

/** Checks the arguments of {@link PictureCodec.encode}; returns the quality, `undefined` for a lossless format. */
export function checkEncoding(
  op: string,
  { width, height }: Picture,
  format: PictureFormat,
  options: EncodeOptions,
): number | undefined {
  checkOneOf(op, 'format', format, Object.keys(pictureFormats));
  checkOptions(op, options, ENCODE_OPTIONS);
  const { label, side, quality } = pictureFormats[format];
  if (Math.max(width, height) > side)
    throw new ArgumentError(op, 'picture', `${width} x ${height}`, `sides up to ${side}, all that ${label} can hold`);
  if (options.quality === undefined) return quality;
  if (quality === undefined)
    throw new ArgumentError(op, '`quality`', String(options.quality), `none: ${label} is lossless`);
  checkInteger(op, '`quality`', options.quality, 1, 100);
  return options.quality;
}

/** @throws FileError when a picture has more pixels than {@link pictureLimits} admits. */
export function checkPixels(name: string, width: number, height: number): void {
  const { pixels } = pictureLimits;
  if (width * height > pixels)
    throw new FileError(name, `is ${width} x ${height}; pictures of up to ${pixels} pixels can be read`);
}
