/** @file The check of chapter 6's exercise. */
import { HostRandom } from '@visage/nn';
import type { Life } from './exercise.ts';

const LAUNCHES = 60;
const ALLOWED = 4 / 3; // of the bytes that are alive at the fullest moment

/** Lives as a training step has them: some end soon, some wait for the backward pass. */
function randomLives(seed: number): Life[] {
  const numbers = new HostRandom(seed).uniform(3 * LAUNCHES);
  return Array.from({ length: LAUNCHES }, (_, first) => {
    const [size, kind, wait] = numbers.subarray(3 * first) as unknown as [number, number, number];
    const last = kind < 0.3 && 2 * first < LAUNCHES ? LAUNCHES - 1 - first : first + 1 + Math.floor(4 * wait);
    return { bytes: 256 * (1 + Math.floor(40 * size * size)), first, last: Math.min(last, LAUNCHES - 1) };
  });
}

const alive = (lives: readonly Life[], launch: number): number =>
  lives.reduce((sum, { bytes, first, last }) => sum + (first <= launch && launch <= last ? bytes : 0), 0);

/** Throws unless `place` keeps buffers apart that are alive together, in little memory. */
export function check({ place }: typeof import('./solution.ts')): void {
  for (let seed = 1; seed <= 20; seed++) {
    const lives = randomLives(seed);
    const begins = place(lives);
    if (begins.length !== lives.length || !begins.every((begin) => Number.isInteger(begin) && begin >= 0))
      throw new Error(`place: expected ${lives.length} integers from 0 on, one for each buffer`);
    const ends = begins.map((begin, k) => begin + (lives[k] as Life).bytes);
    for (const [a, one] of lives.entries()) {
      for (let b = 0; b < a; b++) {
        const other = lives[b] as Life;
        const together = one.first <= other.last && other.first <= one.last;
        const shared = (begins[a] as number) < (ends[b] as number) && (begins[b] as number) < (ends[a] as number);
        if (together && shared)
          throw new Error(
            `place: launch ${Math.max(one.first, other.first)} needs buffers ${b} and ${a}, which lie in the same bytes`,
          );
      }
    }
    const [taken, most] = [Math.max(...ends), Math.max(...lives.map((_, launch) => alive(lives, launch)))];
    if (taken > ALLOWED * most)
      throw new Error(`place: ${taken} bytes, where ${most} are alive at the fullest moment; a third more is allowed`);
  }
}
