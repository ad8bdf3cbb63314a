import { FileError } from '../header.ts';

/** No storage of a network is larger; memory that is asked for beyond it may not exist. */
export const LARGEST_INFLATED = 2 ** 32;

const FIRST_BYTES = 2 ** 16;

/**
 * Unpacks deflated bytes through the platform's `DecompressionStream`.
 *
 * Memory grows with what they yield, not with the claim.
 *
 * @throws FileError when they do not yield exactly `length` bytes; unpacking stops as soon as they yield more.
 */
export async function inflate(packed: Uint8Array, length: number, source: string): Promise<Uint8Array> {
  let out = new Uint8Array(Math.min(length, FIRST_BYTES));
  let at = 0;
  const stream = new Blob([packed as Uint8Array<ArrayBuffer>]).stream();
  const reader = stream.pipeThrough(new DecompressionStream('deflate-raw')).getReader();
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      if (at + part.value.length > length)
        throw new FileError(source, `unpacks to more than the ${length} bytes it claims`);
      if (at + part.value.length > out.length) out = grown(out, at + part.value.length, length);
      out.set(part.value, at);
      at += part.value.length;
    }
  } catch (cause) {
    await reader.cancel().catch(() => undefined);
    if (cause instanceof FileError) throw cause;
    if (cause instanceof RangeError)
      throw new FileError(source, `unpacks to more than there is memory for, ${length} bytes`);
    throw new FileError(source, 'is damaged: it cannot be unpacked');
  }
  if (at !== length) throw new FileError(source, `unpacks to ${at} bytes, not to the ${length} it claims`);
  return out;
}

/** A longer copy: at least `needed`, twice as long if that is within `most`. */
function grown(bytes: Uint8Array, needed: number, most: number): Uint8Array<ArrayBuffer> {
  const longer = new Uint8Array(Math.min(most, Math.max(needed, 2 * bytes.length)));
  longer.set(bytes);
  return longer;
}
