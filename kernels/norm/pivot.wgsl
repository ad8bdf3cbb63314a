// Part: the median of three values, from which sums of deviations and of their squares are taken.
//
// A single value could be an outlier p, and then (mean − p)², which is subtracted in the end, would be n times the
// variance.
// Prelude   alias V.
fn middleOf(a : V, b : V, c : V) -> V {
  return max(min(a, b), min(max(a, b), c));
}
