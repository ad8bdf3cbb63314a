// Part: which input samples an output sample mixes, along one axis:
//   out[d] = Σ over k < TAPS of weight(k, t) · x[clamp(i + FIRST + k, 0, IN − 1)]
//
// The position i + t = (d · MUL + ADD) / DEN is a ratio of integers, so floor and fraction are exact:
//   half-pixel   (d + ½) · IN / OUT − ½  = (2·IN·d + IN − OUT) / (2·OUT)          (PyTorch's align_corners = false)
//   corners      d · (IN − 1) / (OUT − 1)                                        (align_corners = true)
//   nearest      d · IN / OUT                                                    (TAPS = 1)
// Positions are above −1, so with BASE = ADD + DEN in place of ADD the numerator is positive, and an unsigned division
// rounds down. PyTorch's bilinear sampling clamps negative positions to 0. The clamped taps give the same result, since
// both taps then read x[0] with weights that sum to 1.
// Numerics  numerators exceed 2³² once both source and result have some 2¹⁵ samples; WIDE is then true, and they are
//           computed in 64 bits (wide.wgsl).
// Prelude   for each axis A of Y and X: A_MUL, A_BASE, A_DEN, A_UP = MUL − 1 − ADD, A_IN, A_OUT, all u32, and A_WIDE :
//           bool; a part weight*.wgsl; wide.wgsl.
struct Axis {
  mul : u32,
  base : u32, // ADD + DEN
  den : u32,
  up : u32, // MUL − 1 − ADD
  size : u32, // IN
  outSize : u32,
  wide : bool,
}

struct Position {
  first : i32, // index of the first tap, not clamped
  t : f32,
}

fn positionOf(axis : Axis, d : u32) -> Position {
  var whole : u32;
  var rest : u32;
  if (axis.wide) {
    let divided = wideDivide(wideProduct(d, axis.mul, axis.base), axis.den);
    whole = divided.x;
    rest = divided.y;
  } else {
    let num = d * axis.mul + axis.base;
    whole = num / axis.den;
    rest = num - whole * axis.den;
  }
  return Position(i32(whole) - 1 + FIRST, f32(rest) / f32(axis.den));
}

fn sampleIndex(axis : Axis, first : i32, k : i32) -> u32 {
  return u32(clamp(first + k, 0, i32(axis.size) - 1));
}

const Y_AXIS = Axis(Y_MUL, Y_BASE, Y_DEN, Y_UP, Y_IN, Y_OUT, Y_WIDE);
const X_AXIS = Axis(X_MUL, X_BASE, X_DEN, X_UP, X_IN, X_OUT, X_WIDE);
