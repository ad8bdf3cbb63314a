/** @file Pictures in Node, by sharp and the libvips that it brings along. */
import { FileError, VisageError } from '@visage/gpu';
import sharp, { type Sharp, type SharpOptions } from 'sharp';
import { checkEncoding, checkPixels, type PictureCodec } from '../../codecs/codec.ts';
import {
  formatName,
  formatOfBytes,
  type PictureFormat,
  pictureLimits,
  type ReadableFormat,
} from '../../codecs/formats.ts';
import { PIXEL_BYTES, type Picture, picture } from '../../core/picture.ts';
import { embedsXmp, embedXmp } from '../../marks/embed.ts';

/** A truncated or damaged file is an error; what decoders only warn of, such as bytes behind the end, is not. */
const INPUT: SharpOptions = { failOn: 'error', limitInputPixels: pictureLimits.pixels };

const FROM_444 = 90; // the quality from which JPEG keeps all of the colours' detail

/** The bytes of a buffer as the plain array that they are. */
const plain = ({ buffer, byteOffset, length }: Buffer): Uint8Array<ArrayBuffer> =>
  new Uint8Array(buffer as ArrayBuffer, byteOffset, length);

/** What libvips says, in brackets: one line without the names of its layers, and nothing where it names no reason. */
function reasonOf(cause: unknown): string {
  const [line = ''] = (cause as Error).message.trim().split('\n', 1);
  const reason = line.replace(/^Input buffer (?:has corrupt header|contains unsupported image format):?\s*/, '');
  return reason === '' || reason === 'Unknown error' ? '' : ` (${reason})`;
}

/** Runs what needs a sound file; errors name the file. */
async function reading<T>(name: string, format: ReadableFormat, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof VisageError) throw cause;
    throw new FileError(name, `is a damaged ${formatName(format)} picture${reasonOf(cause)}`);
  }
}

async function decode(bytes: Uint8Array, name: string): Promise<Picture> {
  const format = formatOfBytes(bytes, name);
  return reading(name, format, async () => {
    const { width, height } = await sharp(bytes, { ...INPUT, limitInputPixels: false }).metadata();
    checkPixels(name, width, height);
    const decoder = sharp(bytes, INPUT).autoOrient().toColourspace('srgb').ensureAlpha().raw({ depth: 'uchar' });
    const { data, info } = await decoder.toBuffer({ resolveWithObject: true });
    return picture(info.width, info.height, plain(data));
  });
}

/** The XMP packet of a picture, which is cut off at a megabyte. */
export async function xmpOf(bytes: Uint8Array, name: string): Promise<string | undefined> {
  return reading(name, formatOfBytes(bytes, name), async () => {
    const { xmp } = await sharp(bytes, { ...INPUT, limitInputPixels: false }).metadata();
    return xmp?.subarray(0, 2 ** 20).toString('utf8');
  });
}

/**
 * How each format is written. JPEG with optimised Huffman tables would be 7 % smaller; the encoder would then keep all
 * coefficients, 1.1 GB for 100 million pixels, and take five times as long (3 s against 14 s on two Xeon cores).
 */
const encoders: Readonly<Record<PictureFormat, (image: Sharp, quality?: number) => Sharp>> = {
  jpeg: (image, quality = 100) =>
    image
      .flatten({ background: 'white' })
      .jpeg({ quality, chromaSubsampling: quality < FROM_444 ? '4:2:0' : '4:4:4', optimiseCoding: false }),
  png: (image) => image.png(),
  webp: (image, quality) => image.webp({ quality }),
  avif: (image, quality) => image.avif({ quality }),
  tiff: (image) => image.tiff({ compression: 'lzw', predictor: 'horizontal' }),
};

/** Reads JPEG, PNG, WebP, AVIF, GIF and TIFF; writes all of them but GIF. Works in worker threads too. */
export const sharpCodec: PictureCodec = {
  decode,
  async encode(source, format, options = {}) {
    const quality = checkEncoding('sharpCodec.encode', source, format, options);
    const { width, height, data, opaque } = source;
    const raw = sharp(data, { raw: { width, height, channels: PIXEL_BYTES }, limitInputPixels: false });
    const image = encoders[format](opaque ? raw.removeAlpha() : raw, quality);
    const { xmp } = options;
    if (xmp === undefined || embedsXmp(format)) {
      const bytes = plain(await image.toBuffer());
      return xmp === undefined ? bytes : embedXmp(bytes, format, xmp);
    }
    return plain(await image.withXmp(xmp).toBuffer());
  },
};
