// 3x3 filters into the transformed domain:  out[ξ, k, n] = (G w Gᵀ)[ξ]
//
// Layout    out [OUT², K, N]. w is [3, 3, K, N] for the forward pass. The input gradient is a convolution with the filters turned by 180 degrees and their
//           channels exchanged; FLIP reads w as [3, 3, N, K] that way.
// Prelude   separable.wgsl with IN = 3; K, N, FLIP.
// Dispatch  workgroups of 8 x 8 over (N / 4, K): both ways of reading touch whole 32-byte sectors.
@group(0) @binding(0) var<storage, read_write> out : array<vec4f>;
@group(0) @binding(1) var<storage, read> w : array<f32>;

fn tap(r : u32, c : u32, k : u32, n : u32) -> vec4f {
  if (FLIP) {
    let at = (8u - 3u * r - c) * N + n;
    return vec4f(w[at * K + k], w[(at + 1u) * K + k], w[(at + 2u) * K + k], w[(at + 3u) * K + k]);
  }
  let at = ((3u * r + c) * K + k) * N + n;
  return vec4f(w[at], w[at + 1u], w[at + 2u], w[at + 3u]);
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id : vec3u) {
  let n = 4u * id.x;
  let k = id.y;
  if (n >= N || k >= K) {
    return;
  }
  var g : Square;
  for (var r = 0u; r < 3u; r++) {
    for (var c = 0u; c < 3u; c++) {
      g[r][c] = tap(r, c, k, n);
    }
  }
  let u = transform(g);
  for (var r = 0u; r < OUT; r++) {
    for (var c = 0u; c < OUT; c++) {
      out[(((r * OUT + c) * K + k) * N + n) / 4u] = u[r][c];
    }
  }
}
