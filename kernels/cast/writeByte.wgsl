// Part: writes four u8 into one word, clamped to 0 … 255.
// Prelude   alias D = u32; SIZE.
@group(0) @binding(0) var<storage, read_write> out : array<u32>;

fn write4(i : u32, v : vec4u) {
  out[i] = pack4xU8Clamp(select(vec4u(0u), v, vec4u(0u, 1u, 2u, 3u) < vec4u(SIZE - 4u * i)));
}
