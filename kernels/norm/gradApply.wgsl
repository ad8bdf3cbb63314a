// Gradient of a norm with respect to its input:
//   dx = scale / √(var + EPS) · (h − Σh / ROWS − x̂ · Σ(h x̂) / ROWS)        with x̂ and h as in gradSums.wgsl
//
// Layout    x, dy, out [OUTER, ROWS, C] stored as S; sums [OUTER, 2, C]: Σ h x̂ before Σ h. V = vec4f or f32.
// Prelude   as gradSums.wgsl, with rows.wgsl, and PER_THREAD; bindings of scaleAt and shiftAt from 5 on.
// Dispatch  as apply.wgsl.
@group(0) @binding(0) var<storage, read_write> out : array<S>;
@group(0) @binding(1) var<storage, read> x : array<S>;
@group(0) @binding(3) var<storage, read> dy : array<S>;
@group(0) @binding(4) var<storage, read> sums : array<V>;

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
  let scale = scaleAt(share.outer, share.c);
  let shift = shiftAt(share.outer, share.c);
  let slope = scale * channel.rstd;
  let along = -slope * sums[share.outer * 2u * GROUPS + share.c] / f32(rows);
  let level = -slope * sums[(share.outer * 2u + 1u) * GROUPS + share.c] / f32(rows);
  var i = (share.outer * rows + share.chunk) * GROUPS + share.c;
  for (var r = share.chunk; r < rows; r += chunks) {
    let normal = normalOf(V(x[i]), channel);
    let h = gate(V(dy[i]), normal * scale + shift);
    out[i] = S(slope * h + (along * normal + level));
    i += chunks * GROUPS;
  }
}
