// The five sums that the second derivative of a norm needs, by chunks of rows:
//   out[o, k, 0 … 4, c] = Σ u, Σ u·x̂, Σ g, Σ g·x̂, Σ u·g        with x̂ = (x − mean) / √(var + EPS)
//
// Layout    x, u, g [OUTER, ROWS, C] stored as S; out [OUTER, CHUNKS, 5, C]. V = vec4f or f32.
// Prelude   alias V, S; rows.wgsl or blocks.wgsl with its constants; readStats.wgsl.
// Dispatch  one thread per (o, k, channel group), or one workgroup per (o, k, block of groups).
@group(0) @binding(0) var<storage, read_write> out : array<V>;
@group(0) @binding(1) var<storage, read> x : array<S>;
@group(0) @binding(3) var<storage, read> us : array<S>;
@group(0) @binding(4) var<storage, read> gs : array<S>;

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) groups : vec3u,
  @builtin(local_invocation_index) thread : u32,
) {
  let rows = rowsIn(arrayLength(&x));
  let chunks = arrayLength(&out) / (OUTER * 5u * GROUPS);
  if (idle(group, groups, thread, chunks)) {
    return;
  }
  let share = shareOf(group, groups, thread, chunks);
  let channel = readStats(share.outer, share.c);
  var sums : array<V, 5>;
  let first = share.chunk * WORKGROUP_ROWS + share.row;
  var i = (share.outer * rows + first) * GROUPS + share.c;
  for (var r = first; r < rows; r += chunks * WORKGROUP_ROWS) {
    let normal = normalOf(V(x[i]), channel);
    let u = V(us[i]);
    let g = V(gs[i]);
    sums[0] += u;
    sums[1] += u * normal;
    sums[2] += g;
    sums[3] += g * normal;
    sums[4] += u * g;
    i += chunks * WORKGROUP_ROWS * GROUPS;
  }
  let along = total(sums[0], sums[1], thread);
  let across = total(sums[2], sums[3], thread);
  let both = total(sums[4], V(0.0), thread);
  if (share.row == 0u) {
    let to = (share.outer * chunks + share.chunk) * 5u * GROUPS + share.c;
    out[to] = along[0];
    out[to + GROUPS] = along[1];
    out[to + 2u * GROUPS] = across[0];
    out[to + 3u * GROUPS] = across[1];
    out[to + 4u * GROUPS] = both[0];
  }
}
