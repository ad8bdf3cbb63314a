/** @file Whose face a swap shows, by the embeddings of an identity network. All comparisons are cosines. */
import { ArgumentError } from '@visage/gpu';

/** Rows of equal length, one embedding each; they need not be normalised. */
export interface Embeddings {
  readonly values: Float32Array;
  /** Length of an embedding. */
  readonly size: number;
}

const rowsOf = (e: Embeddings): number => e.values.length / e.size;

/** Unit-length copies of the rows; a zero row stays zero, so its cosine with anything is 0. */
export function normalised(op: string, e: Embeddings): Float32Array[] {
  if (!Number.isInteger(rowsOf(e)) || rowsOf(e) < 1) {
    throw new ArgumentError(op, 'embeddings', `${e.values.length} values`, `one or more rows of ${e.size}`);
  }
  return Array.from({ length: rowsOf(e) }, (_, row) => {
    const values = e.values.slice(row * e.size, (row + 1) * e.size);
    const norm = Math.hypot(...values);
    return norm > 0 ? values.map((v) => v / norm) : values;
  });
}

/** Σ a·b. */
export function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += (a[k] as number) * (b[k] as number);
  return sum;
}

function checkRows(op: string, name: string, got: number, expected: number): void {
  if (got !== expected) throw new ArgumentError(op, name, `${got} rows`, `${expected} rows`);
}

/**
 * Identity retrieval: the share of queries whose nearest gallery row, by cosine, is the expected one. Ties go to the
 * lower row.
 *
 *   top1 = mean_n [argmax_g cos(query_n, gallery_g) = expected_n]
 *
 * @param expected row of the gallery with the identity of the source, one per query
 */
export function retrievalTop1(queries: Embeddings, gallery: Embeddings, expected: ArrayLike<number>): number {
  const [q, g] = [normalised('retrievalTop1', queries), normalised('retrievalTop1', gallery)];
  checkRows('retrievalTop1', 'expected', expected.length, q.length);
  const hits = q.filter((query, n) => {
    const scores = g.map((row) => dot(query, row));
    return scores.indexOf(Math.max(...scores)) === expected[n];
  });
  return hits.length / q.length;
}

/**
 * Verification: the equal error rate over all pairs of rows, and the cosine at which it is reached.
 *
 *   false accepts a(t) = share of pairs of different labels with cos >= t
 *   false rejects r(t) = share of pairs of equal labels with cos < t
 *   EER = min_t max(a(t), r(t))
 *
 * @throws ArgumentError when there is no pair of equal, or none of different labels
 */
export function equalErrorRate(embeddings: Embeddings, labels: ArrayLike<number>): { rate: number; threshold: number } {
  const rows = normalised('equalErrorRate', embeddings);
  checkRows('equalErrorRate', 'labels', labels.length, rows.length);
  const pairs: { cosine: number; same: boolean }[] = [];
  rows.forEach((row, n) => {
    for (let k = 0; k < n; k++)
      pairs.push({ cosine: dot(row, rows[k] as Float32Array), same: labels[n] === labels[k] });
  });
  const genuine = pairs.filter((pair) => pair.same).length;
  const impostor = pairs.length - genuine;
  if (genuine === 0 || impostor === 0) {
    throw new ArgumentError(
      'equalErrorRate',
      'labels',
      `${genuine} equal pairs, ${impostor} different`,
      'at least one of each',
    );
  }
  pairs.sort((a, b) => a.cosine - b.cosine);
  let best = { rate: 1, threshold: Number.NEGATIVE_INFINITY };
  let [rejected, accepted] = [0, impostor];
  pairs.forEach((pair, n) => {
    // thresholds lie between distinct cosines: equal ones are accepted together
    if (n === 0 || pair.cosine > (pairs[n - 1] as { cosine: number }).cosine) {
      const rate = Math.max(rejected / genuine, accepted / impostor);
      if (rate < best.rate) best = { rate, threshold: pair.cosine };
    }
    if (pair.same) rejected++;
    else accepted--;
  });
  return best;
}

/** Row by row, cos(swap, source) and cos(swap, target). */
function cosines(op: string, swaps: Embeddings, sources: Embeddings, targets: Embeddings): [number, number][] {
  const [x, s, t] = [normalised(op, swaps), normalised(op, sources), normalised(op, targets)];
  checkRows(op, 'sources', s.length, x.length);
  checkRows(op, 'targets', t.length, x.length);
  return x.map((row, n) => [dot(row, s[n] as Float32Array), dot(row, t[n] as Float32Array)]);
}

/**
 * Swap margin: mean_n cos(swap_n, source_n) - cos(swap_n, target_n). Positive when swaps look more like their sources;
 * a copy of the target gives cos(source, target) - 1, a copy of the source the opposite.
 */
export function swapMargin(swaps: Embeddings, sources: Embeddings, targets: Embeddings): number {
  const pairs = cosines('swapMargin', swaps, sources, targets);
  return pairs.reduce((sum, [source, target]) => sum + source - target, 0) / pairs.length;
}

/**
 * Leak rate: the share of swaps nearer to the target's identity than to the source's, cos(swap, target) > cos(swap,
 * source).
 */
export function leakRate(swaps: Embeddings, sources: Embeddings, targets: Embeddings): number {
  const pairs = cosines('leakRate', swaps, sources, targets);
  return pairs.filter(([source, target]) => target > source).length / pairs.length;
}
