import { ArgumentError } from '@visage/gpu';
import type { Koffi } from './library.ts';
import type { Block } from './sharedMemory.ts';

/** A whole array, or memory from an address on. */
export type Bytes = Uint8Array | Block['address'];

/** Copies so many bytes on a thread of the pool. */
export type Copy = (to: Bytes, from: Bytes, bytes: number) => Promise<void>;

/**
 * C's `memcpy`. It copies from and to memory that a device maps, too.
 *
 * @returns a function that throws an ArgumentError for an array of another length, because C would copy beyond its end.
 */
export function copyOn(koffi: Koffi): Copy {
  const memcpy = koffi.load(null).func('memcpy', 'void *', ['void *', 'void *', 'size_t']);
  return async (to, from, bytes) => {
    for (const [argument, each] of Object.entries({ to, from }))
      if (typeof each !== 'bigint' && each.byteLength !== bytes)
        throw new ArgumentError('memcpy', argument, `${each.byteLength} bytes`, `${bytes}`, 'A message has one size');
    await new Promise<void>((resolve, reject) => {
      // `to` and `from` stay referenced until the copy is over.
      const done = (cause: Error | null) => (cause ? reject(cause) : resolve(void [to, from]));
      memcpy.async(to, from, bytes, done);
    });
  };
}
