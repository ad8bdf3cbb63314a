// Part: sine and cosine of an angle in radians, with the digits of an f32: NVIDIA's own sine is right to some 1e-6 of 1
// only, so that sin(1e-5) is 0.7 % off, and WGSL allows much more.
//
// The angle is brought into [−π/4, π/4] by quarter turns, of which π/2 is subtracted in three pieces: the first two
// have so few digits that their products with a number below 2^13 are exact (Cody and Waite). There the polynomials of
// the Cephes library's sinf and cosf serve. Larger angles, where a neighbouring f32 is 0.001 radians away, and
// infinities and NaN go to WGSL's function.
// Prelude   alias V (f32 or vec4f), U (the same of u32).
const MOST_ANGLE = 8192.0;

/** The sine of v ≥ 0 and `quarters` quarter turns. */
fn sineOfTurned(v : V, quarters : f32, otherwise : V) -> V {
  let turns = round(v * 0.636619772367581);
  let r = ((v - turns * 1.5703125) - turns * 4.837512969970703125e-4) - turns * 7.54978995489188216e-8;
  let q = r * r;
  let sine = r + r * q * ((-1.9515295891e-4 * q + 8.3321608736e-3) * q - 1.6666654611e-1);
  let cosine = 1.0 - 0.5 * q + q * q * ((2.443315711809948e-5 * q - 1.388731625493765e-3) * q + 4.166664568298827e-2);
  // The quarter that the angle ends in, 0 to 3, as a float: `turns` is a whole number below 2^13 wherever the result is
  // taken.
  let at = turns + quarters - 4.0 * floor((turns + quarters) * 0.25);
  let odd = (at == V(1.0)) | (at == V(3.0));
  let value = select(sine, cosine, odd);
  return select(otherwise, select(value, -value, at >= V(2.0)), v <= V(MOST_ANGLE));
}

/** sin v, an odd function: the sign of v goes to the result, that of a zero too. */
fn sinOf(v : V) -> V {
  let value = sineOfTurned(abs(v), 0.0, sin(abs(v)));
  return bitcast<V>(bitcast<U>(value) ^ (bitcast<U>(v) & U(0x80000000u)));
}

/** cos v, an even function. */
fn cosOf(v : V) -> V {
  return sineOfTurned(abs(v), 1.0, cos(v));
}
