// Part: sine and cosine of an angle in radians, with the digits of an f32: NVIDIA's own sine is right to some 1e-6 of 1
// only, so that sin(1e-5) is 0.7 % off, and WGSL allows much more.
//
// The angle is reduced to [−π/4, π/4] by subtracting multiples of π/2. As Cody and Waite describe, π/2 is split into
// three pieces, and the first two have so few digits that their products with a number below 2^13 are exact. The
// reduced angle goes into the polynomials of the Cephes library's sinf and cosf. Angles above 8192, where the next f32
// is 0.001 radians away, infinities and NaN go to WGSL's own function.
// Prelude   alias V (f32 or vec4f), U (the same of u32).
const MOST_ANGLE = 8192.0;

/** The sine of v + quarters · π/2 for 0 ≤ v ≤ MOST_ANGLE, and `otherwise` for any other v. */
fn sineOfTurned(v : V, quarters : f32, otherwise : V) -> V {
  let turns = round(v * 0.636619772367581);
  let r = ((v - turns * 1.5703125) - turns * 4.837512969970703125e-4) - turns * 7.54978995489188216e-8;
  let q = r * r;
  let sine = r + r * q * ((-1.9515295891e-4 * q + 8.3321608736e-3) * q - 1.6666654611e-1);
  let cosine = 1.0 - 0.5 * q + q * q * ((2.443315711809948e-5 * q - 1.388731625493765e-3) * q + 4.166664568298827e-2);
  // `at` is the quadrant of the angle, 0 to 3, as a float. It is exact, because `turns` is a whole number below 2^13
  // wherever the result is used.
  let at = turns + quarters - 4.0 * floor((turns + quarters) * 0.25);
  let odd = (at == V(1.0)) | (at == V(3.0));
  let value = select(sine, cosine, odd);
  return select(otherwise, select(value, -value, at >= V(2.0)), v <= V(MOST_ANGLE));
}

/** sin v. The sine is odd, so the result for |v| takes the sign of v, also where v is −0. */
fn sinOf(v : V) -> V {
  let value = sineOfTurned(abs(v), 0.0, sin(abs(v)));
  return bitcast<V>(bitcast<U>(value) ^ (bitcast<U>(v) & U(0x80000000u)));
}

/** cos v. The cosine is even, so the sign of v is ignored. */
fn cosOf(v : V) -> V {
  return sineOfTurned(abs(v), 1.0, cos(v));
}
