// Part: reads four f16 at a time, for sizes that divide by 4; without the shader-f16 feature.
// Prelude   alias S = f32.
@group(0) @binding(1) var<storage, read> x : array<vec2u>;

fn read4(i : u32) -> vec4f {
  let words = x[i];
  return vec4f(unpack2x16float(words.x), unpack2x16float(words.y));
}
