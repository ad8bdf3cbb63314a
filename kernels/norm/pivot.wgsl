// Part: what sums of deviations and of their squares begin from: the middle one of three values of the data, so that it is not the one value far from all
// others. From that one, (mean − p)², which is subtracted in the end, would be n times the variance.
// Prelude   alias V.
fn middleOf(a : V, b : V, c : V) -> V {
  return max(min(a, b), min(max(a, b), c));
}
