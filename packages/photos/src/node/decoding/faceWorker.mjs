/**
 * @file A worker thread that reads aligned faces out of files and decodes them: the messages of `FacePool`.
 *
 * Plain JavaScript, because a worker thread does not inherit the hooks by which a clone runs TypeScript sources.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { JpegTurbo } from './jpegTurbo.mjs';

const MOST_BYTES = 2 ** 27; // of one encoded picture
const MOST_PIXELS = 1e8;
const MOST_OPEN = 32; // shards that stay open

/** Descriptors of the shards, the least recently used first. */
const open = new Map();

/** The bytes of a whole file, or those of a part of a shard. */
function bytesOf({ file, offset, length }) {
  if (length !== undefined) return read(shardOf(file), offset, length);
  const descriptor = openSync(file);
  try {
    return read(descriptor, 0, fstatSync(descriptor).size);
  } finally {
    closeSync(descriptor);
  }
}

function shardOf(file) {
  const descriptor = open.get(file) ?? openSync(file);
  open.delete(file);
  open.set(file, descriptor);
  if (open.size > MOST_OPEN) {
    const [oldest, itsDescriptor] = open.entries().next().value;
    open.delete(oldest);
    closeSync(itsDescriptor);
  }
  return descriptor;
}

function read(descriptor, offset, length) {
  if (length > MOST_BYTES) throw new Error(`has ${length} bytes, more than ${MOST_BYTES}`);
  const bytes = new Uint8Array(length);
  const got = readSync(descriptor, bytes, 0, length, offset);
  if (got < length) throw new Error(`is cut off: ${got} of ${length} bytes are there`);
  return bytes;
}

/** sharp is loaded for the first face that needs it, which most sets do not have. */
let sharp;

/** RGB bytes of a face at `size` x `size` pixels, as sharp decodes it. */
async function decodedBySharp(bytes, size) {
  sharp ??= (await import('sharp')).default;
  const options = { failOn: 'error', limitInputPixels: MOST_PIXELS };
  const { data, info } = await sharp(bytes, { ...options, autoOrient: true })
    .resize(size, size, { fit: 'inside', kernel: 'linear', fastShrinkOnLoad: false })
    .removeAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  if (info.width !== info.height) {
    const { width, height } = await sharp(bytes, options).metadata();
    throw new Error(`is ${width} x ${height}; an aligned face is square`);
  }
  return new Uint8Array(data); // a copy: sharp's own memory cannot move to another thread
}

/** What is wrong with a face, as the end of a sentence that begins with its name. */
function problemOf({ code, message }) {
  if (code === 'ENOENT') return 'no such file';
  if (code !== undefined) return `cannot be read (${code})`;
  if (/^(is|has) /.test(message)) return message;
  return 'cannot be decoded: it is damaged, or no picture'; // libvips words one fault in several ways
}

const turbo = new JpegTurbo();

parentPort.on('message', async ({ id, place, size }) => {
  try {
    const file = bytesOf(place);
    const bytes = turbo.decode(file, size) ?? (await decodedBySharp(file, size));
    parentPort.postMessage({ id, bytes }, [bytes.buffer]);
  } catch (error) {
    parentPort.postMessage({ id, problem: problemOf(error) });
  }
});
