// Part: reads four u8 from one word: 0 … 255.
// Prelude   alias S = u32.
@group(0) @binding(1) var<storage, read> x : array<u32>;

fn read4(i : u32) -> vec4u {
  return unpack4xU8(x[i]);
}
