import { HostRandom } from '@visage/nn';

/**
 * A permutation of the rows 0 … count − 1 that depends on step and seed alone: the sources of a `shuffled` batch are those of its `same` batch
 * in this order. Rows may stay where they are, one on average.
 */
export function shuffledRows(count: number, step: number, seed: number): number[] {
  const random = new HostRandom(seed);
  random.draws = step;
  const bits = random.bits(count);
  const rows = Array.from({ length: count }, (_, k) => k);
  for (let k = count - 1; k > 0; k--) {
    const other = (bits[k] as number) % (k + 1);
    [rows[k], rows[other]] = [rows[other] as number, rows[k] as number];
  }
  return rows;
}
