import { ArgumentError } from '@visage/gpu';

/** The rank of each value, from 1; equal values share the mean of their ranks. */
function ranksOf(values: ArrayLike<number>): Float64Array {
  const order = Array.from(values, (_, k) => k).sort((a, b) => (values[a] as number) - (values[b] as number));
  const ranks = new Float64Array(values.length);
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    while (to < order.length && values[order[to] as number] === values[order[from] as number]) to++;
    for (let k = from; k < to; k++) ranks[order[k] as number] = (from + 1 + to) / 2;
    from = to;
  }
  return ranks;
}

/**
 * Spearman's rank correlation of two lists: Pearson's correlation of their ranks, from −1 to 1. It asks whether the
 * lists order the same things alike, whatever their scales are. Equal values share the mean of their ranks.
 *
 * @throws ArgumentError unless both lists are equally long, with three values or more, of which not all are equal.
 */
export function rankCorrelation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length || a.length < 3)
    throw new ArgumentError('rankCorrelation', 'b', `${b.length} values`, `${Math.max(3, a.length)}, as many as a has`);
  const [x, y] = [ranksOf(a), ranksOf(b)];
  const mean = (a.length + 1) / 2;
  let [xy, xx, yy] = [0, 0, 0];
  for (let k = 0; k < x.length; k++) {
    const [dx, dy] = [(x[k] as number) - mean, (y[k] as number) - mean];
    xy += dx * dy;
    xx += dx * dx;
    yy += dy * dy;
  }
  if (xx === 0 || yy === 0)
    throw new ArgumentError('rankCorrelation', xx === 0 ? 'a' : 'b', 'equal values', 'values that differ');
  return xy / Math.sqrt(xx * yy);
}
