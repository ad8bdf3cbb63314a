// Part: linear interpolation between the samples below and above.
const TAPS = 2;
const FIRST = 0;

fn weight(k : i32, t : f32) -> f32 {
  return select(t, 1.0 - t, k == 0);
}
