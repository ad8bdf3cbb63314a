// Adds the chunks of sums:  out[o, q, c] = Σ over k of parts[o, k, q, c]
//
// Layout    parts [OUTER, CHUNKS, QUANTITIES, C] from gradSums.wgsl or curvatureSums.wgsl; out [OUTER, QUANTITIES, C].
//           V = vec4f or f32.
// Prelude   alias V; rows.wgsl or blocks.wgsl, which here distribute chunks; QUANTITIES;
//           fn publish(outer : u32, c : u32, first : V, second : V), in which batch norm writes the gradients of weight
//           and bias (bindings from 2 on), which optimizers want as tensors of their own.
// Dispatch  one thread, or workgroup, per (o, channel group) or block of these.
@group(0) @binding(0) var<storage, read_write> out : array<V>;
@group(0) @binding(1) var<storage, read> parts : array<V>;

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) groups : vec3u,
  @builtin(local_invocation_index) thread : u32,
) {
  if (idle(group, groups, thread, 1u)) {
    return;
  }
  let chunks = arrayLength(&parts) / (OUTER * QUANTITIES * GROUPS);
  let share = shareOf(group, groups, thread, 1u);
  for (var q = 0u; q < QUANTITIES; q += 2u) {
    let other = min(q + 1u, QUANTITIES - 1u);
    var first = V(0.0);
    var second = V(0.0);
    for (var k = share.row; k < chunks; k += WORKGROUP_ROWS) {
      let base = (share.outer * chunks + k) * QUANTITIES * GROUPS + share.c;
      first += parts[base + q * GROUPS];
      second += parts[base + other * GROUPS];
    }
    let sums = total(first, second, thread);
    if (share.row == 0u) {
      let base = share.outer * QUANTITIES * GROUPS + share.c;
      out[base + q * GROUPS] = sums[0];
      out[base + other * GROUPS] = select(sums[0], sums[1], other > q);
      publish(share.outer, share.c, sums[0], sums[1]);
    }
  }
}
