// Gives matrix.wgsl eight halves of B along n out of two loads of four.
fn wideB(k : u32, n : u32) -> vec4u {
  return vec4u(bitcast<vec2u>(vec4<f16>(loadB(k, n))), bitcast<vec2u>(vec4<f16>(loadB(k, n + 4u))));
}
