// Part: Philox4x32-10, a counter-based random number generator: 128 random bits from a 128-bit counter and a 64-bit
// key, without state.
//
//   round   (h0, l0) = 0xD2511F53 · x.x      (h1, l1) = 0xCD9E8D57 · x.z          64-bit products as high and low words
//           x ← (h1 ⊕ x.y ⊕ k.x, l1, h0 ⊕ x.w ⊕ k.y, l0)                          then k ← k + (0x9E3779B9, 0xBB67AE85)
// There are ten rounds. The algorithm is that of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1,
// 2, 3", SC 2011; its authors also publish the test vectors.
//
// The part needs no prelude. The host's version is `philox` in packages/tensor/src/random/philox.ts.

/** High and low word of a product. WGSL has no 64-bit integers, so the product is composed of 16-bit halves. */
fn wideProduct(a : u32, b : u32) -> vec2u {
  let aLow = a & 0xffffu;
  let aHigh = a >> 16u;
  let bLow = b & 0xffffu;
  let bHigh = b >> 16u;
  let middle = aHigh * bLow + ((aLow * bLow) >> 16u);
  let cross = aLow * bHigh + (middle & 0xffffu);
  return vec2u(aHigh * bHigh + (middle >> 16u) + (cross >> 16u), a * b);
}

fn philox(counter : vec4u, key : vec2u) -> vec4u {
  var x = counter;
  var k = key;
  for (var round = 0u; round < 10u; round++) {
    let a = wideProduct(0xD2511F53u, x.x);
    let b = wideProduct(0xCD9E8D57u, x.z);
    x = vec4u(b.x ^ x.y ^ k.x, b.y, a.x ^ x.w ^ k.y, a.y);
    k += vec2u(0x9E3779B9u, 0xBB67AE85u);
  }
  return x;
}

/** Converts words to numbers in [0, 1) by their upper 24 bits, which an f32 holds exactly. */
fn unitFloat(words : vec4u) -> vec4f {
  return vec4f(words >> vec4u(8u)) * 0x1p-24f;
}
