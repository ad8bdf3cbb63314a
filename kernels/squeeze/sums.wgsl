// Sums over chunks of rows:  out[o, k, c] = Σ x[o, r, c] over the rows r of chunk k
//
// Layout    x [OUTER, ROWS, C] stored as S, out [OUTER, CHUNKS, C]. V = vec4f (four channels) or f32.
// Prelude   alias V, S; norm/rows.wgsl or norm/blocks.wgsl with its constants. ROWS and CHUNKS follow from the lengths.
// Dispatch  one invocation per (o, k, channel group), or one workgroup per (o, k, block of groups).
@group(0) @binding(0) var<storage, read_write> out : array<V>;
@group(0) @binding(1) var<storage, read> x : array<S>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u, @builtin(local_invocation_index) lane : u32) {
  let rows = rowsIn(arrayLength(&x));
  let chunks = arrayLength(&out) / (OUTER * GROUPS);
  if (idle(group, groups, lane, chunks)) {
    return;
  }
  let share = shareOf(group, groups, lane, chunks);
  var sum = V(0.0);
  let first = share.chunk * LANES + share.lane;
  var at = (share.outer * rows + first) * GROUPS + share.c;
  for (var r = first; r < rows; r += chunks * LANES) {
    sum += V(x[at]);
    at += chunks * LANES * GROUPS;
  }
  let sums = total(sum, V(0.0), lane);
  if (share.lane == 0u) {
    out[(share.outer * chunks + share.chunk) * GROUPS + share.c] = sums[0];
  }
}
