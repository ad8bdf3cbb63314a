// Part: loader of a B that is stored transposed, for matrix.wgsl: loadB gives the eight f16 B[k … k+7, n] by one load.
// Needs INNER % 8 == 0.
//
// Columns past N repeat the last one and are not stored.
// Interface  a loader of B, see ../README.md.
// Layout    b [K / INNER, N, INNER] in f16, eight to a vec4u.
// Prelude   INNER; fn rowOfB, EXACT_K and WHOLE_K as in rows.wgsl. Eight rows from a multiple of 8 on must be
//           neighbours under rowOfB.
@group(0) @binding(2) var<storage, read> b : array<vec4u>;

fn loadB(k : u32, n : u32) -> vec4u {
  let row = rowOfB(select(min(k, K - 8u), k, EXACT_K));
  return select(vec4u(), b[((row / INNER) * (N * INNER) + min(n, N - 1u) * INNER + row % INNER) / 8u], WHOLE_K || k < K);
}
