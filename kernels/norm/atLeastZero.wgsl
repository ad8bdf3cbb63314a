// Part: replaces a variance below zero by 0, and keeps NaN.
//
// Rounding can make a variance slightly negative. WGSL's `max` may turn NaN into 0 and hide it, and a compiler may
// assume that floats are never NaN. So the comparison is one of integers: numbers below zero have the bits
// 0x80000001 … 0xff800000, and negative NaN lies beyond.
// Prelude   alias V, U.
fn atLeastZero(v : V) -> V {
  return select(v, V(0.0), (bitcast<U>(v) - U(0x80000001u)) <= U(0x7f7fffffu));
}
