import { scope, type Tensor } from '@visage/tensor';

/** Rows, such as faces, that a measurement gives the device at once, at the most: that bounds its memory. */
export const ROWS_AT_ONCE = 16;

/** Computes `count` rows in batches, reads each batch back and concatenates them on the host. */
export async function inBatches(
  count: number,
  compute: (from: number, to: number) => Tensor,
  batch = ROWS_AT_ONCE,
): Promise<Float32Array> {
  const parts: Float32Array[] = [];
  for (let from = 0; from < count; from += batch) {
    const part = scope(() => compute(from, Math.min(count, from + batch)));
    parts.push(await part.floats());
    part.dispose();
  }
  return joined(parts);
}

/** The values of several arrays, one after the other. */
export function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
