// Part: loader of a B whose rows are contiguous along n: loadB gives B[k, n … n + WIDTH_B - 1]. Needs N % WIDTH_B == 0.
//
// Rows past K are zeros, as those of A are: 0 times an infinity would be NaN.
// Interface  a loader of B, see ../README.md.
// Layout    b [rows, N]; row k is stored in row rowOfB(k).
// Prelude   fn rowOfB(k : u32) -> u32; EXACT_K: no k past K is asked for; WHOLE_K: what is loaded past K is not used;
//           WIDTH_B and the aliases StoredB and LoadedB: 4 values, stored as vec4f or vec4<f16> and loaded as vec4f, or
//           8 f16, stored and loaded as vec4u (matrix.wgsl).
@group(0) @binding(2) var<storage, read> b : array<StoredB>;

fn loadB(k : u32, n : u32) -> LoadedB {
  let values = LoadedB(b[(rowOfB(select(min(k, max(K, 1u) - 1u), k, EXACT_K)) * N + min(n, N - WIDTH_B)) / WIDTH_B]);
  return select(LoadedB(), values, WHOLE_K || k < K);
}
