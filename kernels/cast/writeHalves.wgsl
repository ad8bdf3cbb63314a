// Part: writes four f16 at a time, for sizes that divide by 4.
// Prelude   alias D = f32; halfBits.wgsl.
@group(0) @binding(0) var<storage, read_write> out : array<vec2u>;

fn write4(i : u32, v : vec4f) {
  let h = halfBits(v);
  out[i] = h.xz | (h.yw << vec2u(16u));
}
