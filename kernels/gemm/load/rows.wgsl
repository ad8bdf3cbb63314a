// Loader of B, rows of N contiguous columns: loadB gives B[k, n … n+3]. Needs N % 4 == 0.
// Prelude   fn rowOfB(k : u32) -> u32: which stored row holds row k; rows past K are read but meet zeros of A.
@group(0) @binding(2) var<storage, read> b : array<vec4f>;

fn loadB(k : u32, n : u32) -> vec4f {
  return b[(rowOfB(min(k, max(K, 1u) - 1u)) * N + min(n, N - 4u)) / 4u];
}
