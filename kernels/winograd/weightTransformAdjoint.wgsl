// Turns gradients of transformed filters into those of 3x3 filters:  dw = Gᵀ dU G
//
// Layout    du [IN², K, N] as vec4f along N, dw [3, 3, K, N] as S along N.
// Prelude   alias S (vec4f or vec4<f16>); separable.wgsl with OUT = 3; WG, SIZE = K · N / 4.
// Dispatch  one thread per vec4f of a tap.
@group(0) @binding(0) var<storage, read_write> dw : array<S>;
@group(0) @binding(1) var<storage, read> du : array<vec4f>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u, @builtin(local_invocation_index) thread : u32) {
  let i = (group.y * groups.x + group.x) * WG + thread;
  if (i >= SIZE) {
    return;
  }
  var u : Square;
  for (var r = 0u; r < IN; r++) {
    for (var c = 0u; c < IN; c++) {
      u[r][c] = du[(r * IN + c) * SIZE + i];
    }
  }
  let g = transform(u);
  for (var r = 0u; r < 3u; r++) {
    for (var c = 0u; c < 3u; c++) {
      dw[(3u * r + c) * SIZE + i] = S(g[r][c]);
    }
  }
}
