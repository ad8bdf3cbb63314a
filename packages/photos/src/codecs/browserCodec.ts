/** @file Pictures in browsers, by the decoders that they bring along. */
import { ArgumentError, FileError } from '@visage/gpu';
import { type Picture, picture } from '../core/picture.ts';
import { embedXmp } from '../marks/embed.ts';
import { checkEncoding, checkPixels, type PictureCodec } from './codec.ts';
import { formatName, formatOfBytes, type PictureFormat, pictureFormats } from './formats.ts';
import { turnOf, withoutTurn } from './webpTurn.ts';

const WRITTEN: readonly PictureFormat[] = ['jpeg', 'png', 'webp'];

/** A canvas in sRGB, and the context that reads and writes its pixels. */
function canvasOf(width: number, height: number) {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { colorSpace: 'srgb', willReadFrequently: true });
  if (!context) throw new ArgumentError('browserCodec', 'picture', `${width} x ${height}`, 'what a canvas can hold');
  return { canvas, context };
}

async function decode(bytes: Uint8Array, name: string): Promise<Picture> {
  const format = formatOfBytes(bytes, name);
  const { bytes: stored, orientation } = format === 'webp' ? withoutTurn(bytes) : { bytes, orientation: 1 };
  const blob = new Blob([stored as Uint8Array<ArrayBuffer>], { type: `image/${format}` });
  const options: ImageBitmapOptions = { imageOrientation: 'from-image', premultiplyAlpha: 'none' };
  const bitmap = await createImageBitmap(blob, options).catch((cause: Error) => {
    const what = `${formatName(format)} picture`;
    throw new FileError(name, `is a damaged ${what}, or of a kind that this browser cannot read (${cause.message})`);
  });
  try {
    checkPixels(name, bitmap.width, bitmap.height);
    const [width, height] = orientation > 4 ? [bitmap.height, bitmap.width] : [bitmap.width, bitmap.height];
    const { context } = canvasOf(width, height);
    context.imageSmoothingEnabled = false; // a turn moves whole pixels
    context.setTransform(...turnOf(orientation, bitmap.width, bitmap.height));
    context.drawImage(bitmap, 0, 0);
    const { data } = context.getImageData(0, 0, width, height, { colorSpace: 'srgb' });
    return picture(width, height, new Uint8Array(data.buffer, data.byteOffset, data.length));
  } finally {
    bitmap.close();
  }
}

/**
 * Reads what the browser reads, of the formats that Visage knows: JPEG, PNG, WebP, GIF, nearly everywhere AVIF, in
 * Safari TIFF. Writes JPEG, PNG, and WebP where the browser does. Works in workers too.
 *
 * A canvas keeps colours multiplied by alpha, so the colours of half transparent pixels are rounded, and those of fully
 * transparent ones lost.
 */
export const browserCodec: PictureCodec = {
  decode,
  async encode(source, format, options = {}) {
    const quality = checkEncoding('browserCodec.encode', source, format, options);
    const { label, alpha } = pictureFormats[format];
    if (!WRITTEN.includes(format))
      throw new ArgumentError('browserCodec.encode', 'format', `'${format}'`, WRITTEN.join(', '), 'Node writes all');
    const { width, height, data } = source;
    const { canvas, context } = canvasOf(width, height);
    context.putImageData(new ImageData(new Uint8ClampedArray(data), width, height), 0, 0);
    if (!alpha) {
      context.globalCompositeOperation = 'destination-over'; // behind what is there
      context.fillStyle = 'white';
      context.fillRect(0, 0, width, height);
    }
    const type = `image/${format}`;
    const blob = await canvas.convertToBlob({ type, ...(quality !== undefined && { quality: quality / 100 }) });
    if (blob.type !== type)
      throw new ArgumentError(
        'browserCodec.encode',
        'format',
        `'${format}'`,
        `another: this browser writes no ${label}`,
      );
    const bytes = new Uint8Array(await blob.arrayBuffer());
    return options.xmp === undefined ? bytes : embedXmp(bytes, format, options.xmp);
  },
};
