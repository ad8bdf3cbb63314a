// Part: loader of a B that is stored transposed: loadB gives B[k, n … n+3] by four loads.
//
// The input gradient of a convolution reads the weight [taps, ci, co] so, with k = (tap, co) and n = ci: INNER is co. A
// product with a transposed matrix has INNER = K. Columns past N repeat others and are not stored.
// Interface  a loader of B, see ../README.md.
// Layout    b [K / INNER, N, INNER] as StoredB = f32 or f16.
// Prelude   INNER, alias StoredB; fn rowOfB, EXACT_K and WHOLE_K as in rows.wgsl.
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
