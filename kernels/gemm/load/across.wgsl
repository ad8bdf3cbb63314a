// Loader of a B that is stored across, [K / INNER, N, INNER]: loadB gives B[k, n … n+3] from four places; columns past N repeat others and are not stored.
// The input gradient reads a convolution's weight so, [taps, ci, co] with k = (tap, co) and n = ci, and a product with a transposed matrix reads that.
// Prelude   INNER; fn rowOfB(k : u32) -> u32: which stored row holds row k; EXACT_K, WHOLE_K as rows.wgsl; alias StoredB = f32 or f16.
@group(0) @binding(2) var<storage, read> b : array<StoredB>;

fn loadB(k : u32, n : u32) -> vec4f {
  let row = rowOfB(select(min(k, max(K, 1u) - 1u), k, EXACT_K));
  let start = (row / INNER) * (N * INNER) + row % INNER;
  var columns = vec4u(0u, 1u, 2u, 3u);
  if (N % 4u == 0u) {
    columns += min(n, N - min(N, 4u));
  } else {
    columns = min(columns + n, vec4u(N - 1u));
  }
  let at = start + columns * INNER;
  return select(vec4f(), vec4f(vec4<StoredB>(b[at.x], b[at.y], b[at.z], b[at.w])), WHOLE_K || k < K);
}
