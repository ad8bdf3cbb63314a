// Part: reads four elements of 32 bits at a time, for sizes that divide by 4.
// Prelude   alias S = f32, i32 or u32.
@group(0) @binding(1) var<storage, read> x : array<vec4<S>>;

fn read4(i : u32) -> vec4<S> {
  return x[i];
}
