// Philox4x32-10: four random words from a counter, with no state.
//
//   round:  (hi0, lo0) = x0 * 0xD2511F53,  (hi1, lo1) = x2 * 0xCD9E8D57
//           x = (hi1 ^ x1 ^ k0,  lo1,  hi0 ^ x3 ^ k1,  lo0),   then  k += (0x9E3779B9, 0xBB67AE85)
//   ten rounds (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
//
// A library part: no entry point, no preconditions. `philox` in packages/faces/src/philox.ts gives the same bits.

/** High and low word of a 32 x 32 bit product; WGSL has no wide multiply, so it is put together from 16-bit halves. */
fn wideMultiply(a : u32, b : u32) -> vec2u {
  let aLow = a & 0xffffu;
  let aHigh = a >> 16u;
  let bLow = b & 0xffffu;
  let bHigh = b >> 16u;
  let cross = aHigh * bLow + ((aLow * bLow) >> 16u);
  let crossLow = aLow * bHigh + (cross & 0xffffu);
  return vec2u(aHigh * bHigh + (cross >> 16u) + (crossLow >> 16u), a * b);
}

fn philox(counter : vec4u, key : vec2u) -> vec4u {
  var x = counter;
  var k = key;
  for (var round = 0u; round < 10u; round++) {
    let a = wideMultiply(0xD2511F53u, x.x);
    let b = wideMultiply(0xCD9E8D57u, x.z);
    x = vec4u(b.x ^ x.y ^ k.x, b.y, a.x ^ x.w ^ k.y, a.y);
    k += vec2u(0x9E3779B9u, 0xBB67AE85u);
  }
  return x;
}

/** Words to numbers in [0, 1): the upper 24 bits, all of which an f32 holds. */
fn unitFloat(words : vec4u) -> vec4f {
  return vec4f(words >> vec4u(8u)) * 0x1p-24f;
}
