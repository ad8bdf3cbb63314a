// Part: writes four elements of 32 bits, those that exist.
// Prelude   alias D = f32, i32 or u32; SIZE.
@group(0) @binding(0) var<storage, read_write> out : array<D>;

fn write4(i : u32, v : vec4<D>) {
  for (var k = 0u; k < min(4u, SIZE - 4u * i); k++) {
    out[4u * i + k] = v[k];
  }
}
