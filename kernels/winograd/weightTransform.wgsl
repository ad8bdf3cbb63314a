// Transforms 3x3 filters:  out[ξ, k, n] = (G w Gᵀ)[ξ]
//
// Layout    out [OUT², K, N] as vec4f along N; w as tap.wgsl reads it. The arithmetic is in f32.
// Prelude   alias S (vec4f or vec4<f16>, as stored); separable.wgsl with IN = 3; tap.wgsl with its constants.
// Dispatch  workgroups of 8 x 8 threads over (N / 4, K): with and without FLIP a workgroup reads whole sectors of 32
//           bytes.
@group(0) @binding(0) var<storage, read_write> out : array<S>;
@group(0) @binding(1) var<storage, read> w : array<Weight>;

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
      out[(((r * OUT + c) * K + k) * N + n) / 4u] = S(u[r][c]);
    }
  }
}
