import { ArgumentError } from '@visage/gpu';
import type { Koffi } from './library.ts';
import type { Block } from './sharedMemory.ts';

/** A whole array, or memory from an address on. */
export type Bytes = Uint8Array | Block['address'];

/** Copies so many bytes on threads of the pool. */
export type Copy = (to: Bytes, from: Bytes, bytes: number) => Promise<void>;

/**
 * Bytes of a piece that a thread copies. One thread copies less than a host's memory can give, and each call costs the
 * event loop some time, so pieces are not smaller.
 */
const PIECE = 3e6;

const pieceOf = (whole: Bytes, start: number, end: number): Bytes =>
  typeof whole === 'bigint' ? whole + BigInt(start) : whole.subarray(start, end);

/**
 * C's `memcpy`, in pieces of equal size on several threads. It copies from and to memory that a device maps, too.
 *
 * @returns a function that throws an ArgumentError for an array of another length, because C would copy beyond its end.
 */
export function copyOn(koffi: Koffi): Copy {
  const memcpy = koffi.load(null).func('memcpy', 'void *', ['void *', 'void *', 'size_t']);
  const copied = (to: Bytes, from: Bytes, bytes: number) =>
    new Promise<void>((resolve, reject) => {
      // `to` and `from` stay referenced until the copy is over.
      const done = (cause: Error | null) => (cause ? reject(cause) : resolve(void [to, from]));
      memcpy.async(to, from, bytes, done);
    });
  return async (to, from, bytes) => {
    for (const [argument, each] of Object.entries({ to, from }))
      if (typeof each !== 'bigint' && each.byteLength !== bytes)
        throw new ArgumentError('memcpy', argument, `${each.byteLength} bytes`, `${bytes}`, 'A message has one size');
    const pieces = Math.max(1, Math.ceil(bytes / PIECE));
    const cut = (k: number): number => Math.floor((bytes * k) / pieces);
    // All are waited for, so that nobody frees or unmaps what another thread still copies.
    const copies = await Promise.allSettled(
      Array.from({ length: pieces }, (_, k) => {
        const [start, end] = [cut(k), cut(k + 1)];
        return copied(pieceOf(to, start, end), pieceOf(from, start, end), end - start);
      }),
    );
    for (const copy of copies) if (copy.status === 'rejected') throw copy.reason;
  };
}
