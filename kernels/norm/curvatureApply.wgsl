// Second derivative of a norm:  out = ∂/∂x ⟨u, J(x) g⟩, where J(x) is the Jacobian of x̂ = (x − ⟨x⟩) / √(var + EPS)
//   out = −r² · ((c − 3ab) · x̂ + b · (u − ⟨u⟩) + a · (g − ⟨g⟩))
//   r = 1 / √(var + EPS), a = ⟨u x̂⟩, b = ⟨g x̂⟩, c = ⟨u g⟩ − ⟨u⟩⟨g⟩
// where ⟨·⟩ is the mean over rows. Symmetric in u and g.
//
// Layout    x, u, g, out [OUTER, ROWS, C] stored as S; sums [OUTER, 5, C] as in curvatureSums.wgsl. V = vec4f or f32.
// Prelude   as curvatureSums.wgsl, with rows.wgsl, and PER_THREAD.
// Dispatch  as apply.wgsl.
@group(0) @binding(0) var<storage, read_write> out : array<S>;
@group(0) @binding(1) var<storage, read> x : array<S>;
@group(0) @binding(3) var<storage, read> us : array<S>;
@group(0) @binding(4) var<storage, read> gs : array<S>;
@group(0) @binding(5) var<storage, read> sums : array<V>;

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) groups : vec3u,
  @builtin(local_invocation_index) thread : u32,
) {
  let rows = rowsIn(arrayLength(&x));
  let chunks = (rows + PER_THREAD - 1u) / PER_THREAD;
  if (idle(group, groups, thread, chunks)) {
    return;
  }
  let share = shareOf(group, groups, thread, chunks);
  let channel = readStats(share.outer, share.c);
  var means : array<V, 5>;
  for (var q = 0u; q < 5u; q++) {
    means[q] = sums[(share.outer * 5u + q) * GROUPS + share.c] / f32(rows);
  }
  let a = means[1];
  let b = means[3];
  let along = means[4] - means[0] * means[2] - 3.0 * a * b;
  var i = (share.outer * rows + share.chunk) * GROUPS + share.c;
  for (var r = share.chunk; r < rows; r += chunks) {
    let normal = normalOf(V(x[i]), channel);
    out[i] = S(-channel.rstd * channel.rstd * (along * normal + b * (V(us[i]) - means[0]) + a * (V(gs[i]) - means[2])));
    i += chunks * GROUPS;
  }
}
