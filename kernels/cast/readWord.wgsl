// Part: reads four elements of 32 bits; past the end it repeats the last one.
// Prelude   alias S = f32, i32 or u32; SIZE.
@group(0) @binding(1) var<storage, read> x : array<S>;

fn read4(i : u32) -> vec4<S> {
  let at = 4u * i;
  return vec4<S>(x[at], x[min(at + 1u, SIZE - 1u)], x[min(at + 2u, SIZE - 1u)], x[min(at + 3u, SIZE - 1u)]);
}
