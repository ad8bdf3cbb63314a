/** @file The solution of chapter 6's exercise. */
import type { Life } from './exercise.ts';

interface Placed extends Life {
  readonly begin: number;
}

const overlap = (a: Life, b: Life): boolean => a.first <= b.last && b.first <= a.last;

/** The beginning of the smallest gap, between those that live at the same time, that holds the buffer. */
function bestGap(buffer: Life, placed: readonly Placed[]): number {
  const others = placed.filter((other) => overlap(other, buffer)).sort((a, b) => a.begin - b.begin);
  let [end, begin, smallest] = [0, -1, Number.POSITIVE_INFINITY];
  for (const other of others) {
    const gap = other.begin - end;
    if (gap >= buffer.bytes && gap < smallest) [begin, smallest] = [end, gap];
    end = Math.max(end, other.begin + other.bytes);
  }
  return begin < 0 ? end : begin; // behind all of them, where the memory may grow
}

/** The largest first, each into the smallest gap that is free during its whole life: best fit. */
export function place(buffers: readonly Life[]): number[] {
  const order = buffers.map((_, k) => k).sort((a, b) => (buffers[b] as Life).bytes - (buffers[a] as Life).bytes);
  const placed: Placed[] = [];
  const begins = buffers.map(() => 0);
  for (const k of order) {
    const buffer = buffers[k] as Life;
    begins[k] = bestGap(buffer, placed);
    placed.push({ ...buffer, begin: begins[k] as number });
  }
  return begins;
}
