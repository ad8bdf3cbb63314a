// Part: writes four f16 into two words.
// Prelude   alias D = f32; SIZE; halfBits.wgsl.
@group(0) @binding(0) var<storage, read_write> out : array<u32>;

fn write4(i : u32, v : vec4f) {
  let last = SIZE - 4u * i;
  let h = select(vec4u(0u), halfBits(v), vec4u(0u, 1u, 2u, 3u) < vec4u(last));
  out[2u * i] = h.x | (h.y << 16u);
  if (last > 2u) {
    out[2u * i + 1u] = h.z | (h.w << 16u);
  }
}
