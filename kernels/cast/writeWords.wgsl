// Part: writes four elements of 32 bits at a time, for sizes that divide by 4.
// Prelude   alias D = f32, i32 or u32.
@group(0) @binding(0) var<storage, read_write> out : array<vec4<D>>;

fn write4(i : u32, v : vec4<D>) {
  out[i] = v;
}
