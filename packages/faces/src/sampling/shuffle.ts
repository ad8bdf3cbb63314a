import { checkInteger } from '@visage/gpu';
import { philox } from './philox.ts';

const ROUNDS = 4; // of the Feistel network; three give a pseudorandom permutation (Luby and Rackoff 1988)

/**
 * Where a shuffle puts things: the element at `position` of a random permutation of 0 … count − 1, without making the
 * permutation. Each (seed, stream, round) names a permutation of its own.
 *
 * A Feistel network over the next even number of bits is a permutation; a value outside the range is permuted again
 * until it lies inside (cycle walking: Black and Rogaway 2002). That takes fewer than four turns on average.
 *
 * @throws ArgumentError unless 0 ≤ position < count ≤ 2³².
 */
export function shuffledPlace(position: number, count: number, seed: number, stream: number, round: number): number {
  checkInteger('shuffledPlace', 'count', count, 1, 2 ** 32);
  checkInteger('shuffledPlace', 'position', position, 0, count - 1);
  const half = Math.max(1, Math.ceil(Math.log2(count) / 2));
  const mask = 2 ** half - 1;
  let place = position;
  do {
    let [left, right] = [Math.floor(place / 2 ** half), place & mask];
    for (let k = 0; k < ROUNDS; k++) {
      const [mixed] = philox([right, k, round, 0], [seed, stream]);
      [left, right] = [right, left ^ (mixed & mask)];
    }
    place = left * 2 ** half + right;
  } while (place >= count);
  return place;
}
