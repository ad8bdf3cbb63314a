// Part: loader of a B that is stored transposed, for broadcast.wgsl: loadB gives B[k … k+3, n] by one load. Needs INNER
// % 4 == 0.
//
// On llvmpipe one load of four values takes about half the time of four loads of one (transposed.wgsl). Columns past N
// repeat the last one and are not stored.
// Interface  a loader of B, see ../README.md.
// Layout    b [K / INNER, N, INNER] as StoredB = vec4f or vec4<f16>.
// Prelude   INNER, alias StoredB; fn rowOfB, EXACT_K and WHOLE_K as in rows.wgsl. Four rows from a multiple of 4 on
//           must be neighbours under rowOfB.
@group(0) @binding(2) var<storage, read> b : array<StoredB>;

fn loadB(k : u32, n : u32) -> vec4f {
  let row = rowOfB(select(min(k, max(K, 4u) - 4u), k, EXACT_K));
  let at = (row / INNER) * (N * INNER) + min(n, N - 1u) * INNER + row % INNER;
  return select(vec4f(), vec4f(b[at / 4u]), WHOLE_K || k < K);
}
