import { FileError } from '../header.ts';

/**
 * Unpacks deflated bytes through the platform's `DecompressionStream`.
 *
 * @throws FileError when they do not yield exactly `length` bytes; unpacking stops as soon as they yield more.
 */
export async function inflate(packed: Uint8Array, length: number, source: string): Promise<Uint8Array> {
  const out = new Uint8Array(length);
  let at = 0;
  const stream = new Blob([packed as Uint8Array<ArrayBuffer>]).stream();
  const reader = stream.pipeThrough(new DecompressionStream('deflate-raw')).getReader();
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      if (at + part.value.length > length)
        throw new FileError(source, `unpacks to more than the ${length} bytes it claims`);
      out.set(part.value, at);
      at += part.value.length;
    }
  } catch (cause) {
    await reader.cancel().catch(() => undefined);
    if (cause instanceof FileError) throw cause;
    throw new FileError(source, 'is damaged: it cannot be unpacked');
  }
  if (at !== length) throw new FileError(source, `unpacks to ${at} bytes, not to the ${length} it claims`);
  return out;
}
