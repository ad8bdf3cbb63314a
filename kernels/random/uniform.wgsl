// Part: uniform in [LOW, LOW + RANGE).
// Prelude   LOW, RANGE : f32; philox.wgsl.
fn shape(words : vec4u) -> vec4f {
  return LOW + RANGE * unitFloat(words);
}
