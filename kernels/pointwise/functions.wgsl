// Part: what the expressions of pointwise kernels may call beside WGSL's own functions: NaN, infinities and zeros as
// IEEE 754 and PyTorch have them.
//
// Numerics  WGSL lets a compiler assume that no NaN and no infinity occurs. `max(v, 0)` may be 0 where v is NaN, and
//           `v * 0.0` may become 0 whatever v is; Mesa's compiler does both. A literal cannot be infinite. Therefore
//           these functions compare bits as integers to recognise NaN. They compute infinities and NaN from bits that
//           the compiler cannot know.
// Prelude   alias V (f32 or vec4f), U (the same of u32), B (the same of bool); the storage array `out`.
fn isNan(v : V) -> B {
  return (bitcast<U>(v) & U(0x7fffffffu)) > U(0x7f800000u);
}

/**
 * Whether v is 0 or −0. The function compares bits for two reasons: a compiler may treat NaN as equal to everything,
 * and a subnormal number must not count as zero on a device that flushes it.
 */
fn isZero(v : V) -> B {
  return (bitcast<U>(v) & U(0x7fffffffu)) == U(0u);
}

/**
 * The f32 with these bits. The comparison is always false, because WebGPU allows no empty binding. A driver's compiler
 * does not know that rule, so it cannot treat the result as a constant.
 */
fn unusual(bits : u32) -> V {
  return V(bitcast<f32>(bits | u32(arrayLength(&out) == 0u)));
}

/** max(a, b), and NaN if either is NaN. */
fn larger(a : V, b : V) -> V {
  return select(select(max(a, b), b, isNan(b)), a, isNan(a));
}

/** min(a, b), and NaN if either is NaN. */
fn smaller(a : V, b : V) -> V {
  return select(select(min(a, b), b, isNan(b)), a, isNan(a));
}

/**
 * a / b. Vulkan guarantees quotients only for divisors up to 2^126: NVIDIA multiplies by the reciprocal, which is 0 for
 * larger divisors. The function then divides a quarter of a by a quarter of b, which has the same quotient.
 */
fn quotient(a : V, b : V) -> V {
  let scale = select(V(1.0), V(0.25), abs(b) > V(0x1p126));
  return (a * scale) / (b * scale);
}

/**
 * log(1 + v) for v in [0, 1], as the series of 2 artanh(s) with s = v / (2 + v) ≤ 1/3. Computing 1 + v would round a
 * small v away. The first omitted term is below 2e-9 of the sum.
 */
fn log1p(v : V) -> V {
  let s = v / (V(2.0) + v);
  let q = s * s;
  var sum = V(1.0 / 15.0);
  for (var k = 13.0; k > 0.0; k -= 2.0) {
    sum = sum * q + V(1.0 / k);
  }
  return 2.0 * s * sum;
}
