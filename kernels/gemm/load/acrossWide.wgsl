// Loader of a B that is stored across, [K / INNER, N, INNER], for a multiply that wants it so: loadB gives the eight halves B[k … k+7, n]; columns past N
// repeat the last one and are not stored. Needs INNER % 8 == 0.
// Prelude   INNER, EXACT_K, WHOLE_K; fn rowOfB as across.wgsl: it must keep eight neighbours together.
@group(0) @binding(2) var<storage, read> b : array<vec4u>;

fn loadB(k : u32, n : u32) -> vec4u {
  let row = rowOfB(select(min(k, K - 8u), k, EXACT_K));
  return select(vec4u(), b[((row / INNER) * (N * INNER) + min(n, N - 1u) * INNER + row % INNER) / 8u], WHOLE_K || k < K);
}
