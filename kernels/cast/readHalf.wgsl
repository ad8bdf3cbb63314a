// Part: reads four f16 from two words, without the shader-f16 feature.
// Prelude   alias S = f32; SIZE.
@group(0) @binding(1) var<storage, read> x : array<u32>;

fn read4(i : u32) -> vec4f {
  let last = (SIZE - 1u) / 2u;
  return vec4f(unpack2x16float(x[2u * i]), unpack2x16float(x[min(2u * i + 1u, last)]));
}
