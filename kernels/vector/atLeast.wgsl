// Part: the larger of a length and a bound, and NaN where the length is NaN. Neither is negative, so their bits are in
// the order of the numbers when they are compared as integers, with NaN above all. WGSL's `max` may return the bound
// for NaN.
fn atLeast(length : f32, bound : f32) -> f32 {
  return bitcast<f32>(max(bitcast<u32>(length), bitcast<u32>(bound)));
}
