// Part: loader of a B whose rows are contiguous along n, for any N: loadB gives B[k, n … n+3] by four loads.
//
// Columns past N repeat the last one and are not stored.
// Interface  a loader of B, see ../README.md.
// Prelude   fn rowOfB, EXACT_K and WHOLE_K as in rows.wgsl; alias StoredB = f32 or f16.
@group(0) @binding(2) var<storage, read> b : array<StoredB>;

fn loadB(k : u32, n : u32) -> vec4f {
  let at = rowOfB(select(min(k, max(K, 1u) - 1u), k, EXACT_K)) * N + min(n + vec4u(0u, 1u, 2u, 3u), vec4u(N - 1u));
  return select(vec4f(), vec4f(vec4<StoredB>(b[at.x], b[at.y], b[at.z], b[at.w])), WHOLE_K || k < K);
}
