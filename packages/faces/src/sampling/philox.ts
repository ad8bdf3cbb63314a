import { philox as philoxWords } from '@visage/tensor/kernels';

type Words = [number, number, number, number];

/** Four random u32 from a counter of four u32 and a key of two: Philox4x32-10, the bits that the face kernels draw. */
export function philox(counter: Readonly<Words>, key: readonly [number, number]): Words {
  const out = new Uint32Array(4);
  philoxWords(counter, key, out);
  return [...out] as Words;
}

/** A word to a number in [0, 1): its upper 24 bits, all of which an f32 holds. */
export const unitFloat = (word: number): number => (word >>> 8) / 0x1000000;
