import { descriptorDistance } from '../people/descriptors.ts';
import type { Candidate } from './candidate.ts';

/** The most distance of the descriptors of duplicates. */
const SAME_FACE = 0.3;

/**
 * Faces that were seen, to recognise near-duplicates: their perceptual hashes differ in few bits, and their descriptors
 * are near each other where there are any. A face is compared with all others, which takes 3 ns a pair.
 */
export class Seen<C extends Pick<Candidate, 'hash' | 'descriptor'>> {
  readonly #bits: number;
  readonly #faces: C[] = [];
  #words = new Int32Array(128);

  /** @param bits in which the hashes of duplicates differ at most; −1 finds none. */
  constructor(bits: number) {
    this.#bits = bits;
  }

  add(face: C): void {
    const at = 2 * this.#faces.length;
    if (at === this.#words.length) {
      const longer = new Int32Array(2 * at);
      longer.set(this.#words);
      this.#words = longer;
    }
    this.#words.set(wordsOf(face.hash), at);
    this.#faces.push(face);
  }

  /** A face that was added and of which this one is a near-duplicate; the first of several. */
  find(face: C): C | undefined {
    const [high, low] = wordsOf(face.hash);
    for (const [k, other] of this.#faces.entries()) {
      const bits = ones(high ^ (this.#words[2 * k] as number)) + ones(low ^ (this.#words[2 * k + 1] as number));
      if (bits > this.#bits) continue;
      if (!face.descriptor || !other.descriptor) return other;
      if (descriptorDistance(face.descriptor, other.descriptor) <= SAME_FACE) return other;
    }
    return undefined;
  }
}

const wordsOf = (hash: string): [number, number] => [
  Number.parseInt(hash.slice(0, 8), 16) | 0,
  Number.parseInt(hash.slice(8), 16) | 0,
];

/** The ones among the 32 bits of a word, summed in pairs, fours and bytes. */
function ones(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
