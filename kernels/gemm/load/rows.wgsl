// Loader of B, rows of N contiguous columns: loadB gives B[k, n … n + WIDE_B - 1]. Needs N % WIDE_B == 0.
// Prelude   fn rowOfB(k : u32) -> u32: which stored row holds row k; rows past K are zeros, as those of A (0 times an infinity would
//           be NaN); EXACT_K, WHOLE_K: none is asked for, or none that is used. WIDE_B and the aliases StoredB, LoadedB:
//           4 of vec4f or vec4<f16> loaded as vec4f, or 8 halves as a vec4u (matrix.wgsl).
@group(0) @binding(2) var<storage, read> b : array<StoredB>;

fn loadB(k : u32, n : u32) -> LoadedB {
  let found = LoadedB(b[(rowOfB(select(min(k, max(K, 1u) - 1u), k, EXACT_K)) * N + min(n, N - WIDE_B)) / WIDE_B]);
  return select(LoadedB(), found, WHOLE_K || k < K);
}
