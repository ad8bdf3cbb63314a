// Part: the bits of four f16, without the shader-f16 feature.
//
// Rounds to nearest even in integer arithmetic, because pack2x16float may round either way and leaves overflow
// undefined. From 65520 on the result is an infinity, NaN stays NaN: a loss scaler finds both in the bits. The host's
// twin is float16.ts.
fn halfBits(v : vec4f) -> vec4u {
  let bits = bitcast<vec4u>(v);
  let size = bits & vec4u(0x7fffffffu);
  // Normal: shift the exponent's bias from 127 to 15 and round off 13 bits; a carry into the exponent is right, also
  // into infinity.
  let normal = (size - vec4u(0x38000000u) + vec4u(0xfffu) + ((size >> vec4u(13u)) & vec4u(1u))) >> vec4u(13u);
  // Below 2⁻¹⁴: adding ½, whose last bit is worth 2⁻²⁴, lets the adder round.
  let small = bitcast<vec4u>(bitcast<vec4f>(min(size, vec4u(0x38800000u))) + vec4f(0.5)) - vec4u(0x3f000000u);
  let special = select(vec4u(0x7c00u), vec4u(0x7e00u), size > vec4u(0x7f800000u));
  let finite = select(normal, small, size < vec4u(0x38800000u));
  return ((bits >> vec4u(16u)) & vec4u(0x8000u)) | select(finite, special, size >= vec4u(0x47800000u));
}
