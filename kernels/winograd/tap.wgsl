// Part: one tap of 3x3 filters, for four output channels.
//
// The input gradient is a convolution with the filters turned by 180 degrees and their channels exchanged; with FLIP
// the function reads w [3, 3, N, K] so.
// Prelude   the storage array w, [3, 3, K, N] of alias Weight (f32 or f16); K, N, FLIP.
fn tap(r : u32, c : u32, k : u32, n : u32) -> vec4f {
  if (FLIP) {
    let at = (8u - 3u * r - c) * N + n;
    return vec4f(vec4(w[at * K + k], w[(at + 1u) * K + k], w[(at + 2u) * K + k], w[(at + 3u) * K + k]));
  }
  let at = ((3u * r + c) * K + k) * N + n;
  return vec4f(vec4(w[at], w[at + 1u], w[at + 2u], w[at + 3u]));
}
