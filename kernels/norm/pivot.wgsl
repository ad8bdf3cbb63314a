// What sums of deviations and of their squares begin from: the middle one of three values of the data, so that no single value far from all others
// is it. Such a pivot makes the square of the mean, which is subtracted in the end, n times the variance.
// Prelude   alias V.
fn middleOf(a : V, b : V, c : V) -> V {
  return max(min(a, b), min(max(a, b), c));
}
