import { descriptorDistance } from '../people/descriptors.ts';
import type { Candidate } from './candidate.ts';

/** Two faces of the same look are duplicates if their descriptors are no farther apart. */
const SAME_LOOK = 0.2;

/** Two faces of the same pose are duplicates if their descriptors are no farther apart. */
const SAME_FACE = 0.15;

/** Poses are the same if no angle differs by more degrees. */
const SAME_POSE = 3;

/**
 * Faces of a person that were seen, to recognise near-duplicates. These are faces whose perceptual hashes differ in few
 * bits and whose descriptors are nearer than 0.2, such as copies of other size or compression; and faces of the same
 * pose whose descriptors are nearer than 0.15, such as other cuts of a picture and neighbouring frames of a film. Faces
 * without descriptors are compared by their hashes alone.
 *
 * A face is compared with all others, so time grows with the square of the faces of a person.
 */
export class Seen<C extends Pick<Candidate, 'hash' | 'descriptor' | 'pose'>> {
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
    if (this.#bits < 0) return undefined;
    const [high, low] = wordsOf(face.hash);
    for (const [k, other] of this.#faces.entries()) {
      const bits = ones(high ^ (this.#words[2 * k] as number)) + ones(low ^ (this.#words[2 * k + 1] as number));
      const sameLook = bits <= this.#bits;
      const most = sameLook ? SAME_LOOK : samePose(face, other) ? SAME_FACE : 0;
      if (most === 0) continue;
      const known = face.descriptor && other.descriptor;
      if (known ? descriptorDistance(face.descriptor, other.descriptor) <= most : sameLook) return other;
    }
    return undefined;
  }
}

const samePose = ({ pose: a }: Pick<Candidate, 'pose'>, { pose: b }: Pick<Candidate, 'pose'>): boolean =>
  Math.max(Math.abs(a.yaw - b.yaw), Math.abs(a.pitch - b.pitch), Math.abs(a.roll - b.roll)) <= SAME_POSE;

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
