// Part: which input samples an output sample mixes, along one axis:  out[d] = Σ over k < TAPS of weight(k, t) · x[clamp(i + FIRST + k, 0, IN − 1)]
//
// The position i + t = (d · MUL + ADD) / DEN is a ratio of integers, so floor and fraction are exact:
//   half-pixel   (d + ½) · IN / OUT − ½  = (2·IN·d + IN − OUT) / (2·OUT)          (PyTorch's align_corners = false)
//   corners      d · (IN − 1) / (OUT − 1)                                        (align_corners = true)
//   nearest      d · IN / OUT                                                    (TAPS = 1)
// Positions start above −1, so adding DEN keeps the numerator positive and an unsigned division rounds down. Bilinear sampling clamps negative
// positions to 0; the clamped taps give the same, since both then read x[0] with weights that sum to 1.
struct Axis {
  mul : i32,
  add : i32,
  den : i32,
  size : i32, // IN
  outSize : i32,
}

struct Place {
  first : i32, // of the taps, not clamped
  t : f32,
}

fn place(axis : Axis, d : i32) -> Place {
  let num = u32(d * axis.mul + axis.add + axis.den);
  let den = u32(axis.den);
  let whole = num / den;
  return Place(i32(whole) - 1 + FIRST, f32(num - whole * den) / f32(axis.den));
}

fn sampleIndex(axis : Axis, first : i32, k : i32) -> u32 {
  return u32(clamp(first + k, 0, axis.size - 1));
}

const Y_AXIS = Axis(Y_MUL, Y_ADD, Y_DEN, Y_IN, Y_OUT);
const X_AXIS = Axis(X_MUL, X_ADD, X_DEN, X_IN, X_OUT);
