import type { Koffi } from './library.ts';
import type { Block } from './sharedMemory.ts';

/** Bytes of an array, or from an address on. */
export type Bytes = Uint8Array | Block['address'];

/** Copies so many bytes on a thread of the pool. */
export type Copy = (to: Bytes, from: Bytes, bytes: number) => Promise<void>;

/** C's `memcpy`. It copies from and to memory that a device maps, too. */
export function copyOn(koffi: Koffi): Copy {
  const memcpy = koffi.load(null).func('memcpy', 'void *', ['void *', 'void *', 'size_t']);
  return (to, from, bytes) =>
    new Promise((resolve, reject) => {
      // `to` and `from` stay referenced until the copy is over.
      const done = (cause: Error | null) => (cause ? reject(cause) : resolve(void [to, from]));
      memcpy.async(to, from, bytes, done);
    });
}
