// Part: the bits of four f16, without the shader-f16 feature.
//
// The conversion rounds to nearest even in integer arithmetic, because pack2x16float may round either way and leaves
// overflow undefined. Magnitudes from 65520 on become infinite, and NaN stays NaN, so that a loss scaler finds both in
// the bits. The host's version of this conversion is float16.ts.
fn halfBits(v : vec4f) -> vec4u {
  let bits = bitcast<vec4u>(v);
  let size = bits & vec4u(0x7fffffffu);
  // Normal numbers: the exponent's bias changes from 127 to 15, and 13 bits are rounded off. A carry into the exponent
  // gives the correct result, even if that is infinity.
  let normal = (size - vec4u(0x38000000u) + vec4u(0xfffu) + ((size >> vec4u(13u)) & vec4u(1u))) >> vec4u(13u);
  // Numbers below 2⁻¹⁴ are subnormal in f16. The last bit of ½ is worth 2⁻²⁴, as is theirs, so adding ½ rounds them.
  let small = bitcast<vec4u>(bitcast<vec4f>(min(size, vec4u(0x38800000u))) + vec4f(0.5)) - vec4u(0x3f000000u);
  let special = select(vec4u(0x7c00u), vec4u(0x7e00u), size > vec4u(0x7f800000u));
  let finite = select(normal, small, size < vec4u(0x38800000u));
  return ((bits >> vec4u(16u)) & vec4u(0x8000u)) | select(finite, special, size >= vec4u(0x47800000u));
}
