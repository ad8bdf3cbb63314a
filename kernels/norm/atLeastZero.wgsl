// Part: a variance that rounding has made a little negative is 0; one that is NaN stays NaN, where WGSL's `max` may answer 0 and hide it.
//
// The bits of the numbers below zero are 0x80000001 … 0xff800000, and NaN lies beyond: compared as integers, because a compiler may assume that there is none.
// Prelude   alias V, U.
fn atLeastZero(v : V) -> V {
  return select(v, V(0.0), (bitcast<U>(v) - U(0x80000001u)) <= U(0x7f7fffffu));
}
