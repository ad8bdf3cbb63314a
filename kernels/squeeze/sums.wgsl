// Sums over chunks of rows:  out[o, k, c] = Σ x[o, r, c] over r = k, k + CHUNKS, …
//
// Layout    x [OUTER, ROWS, C], out [OUTER, CHUNKS, C]. V = vec4f (four channels) or f32.
// Prelude   alias V; norm/rows.wgsl with its constants. ROWS and CHUNKS follow from the lengths.
// Dispatch  one invocation per (o, k, channel group).
@group(0) @binding(0) var<storage, read_write> out : array<V>;
@group(0) @binding(1) var<storage, read> x : array<V>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u, @builtin(local_invocation_index) lane : u32) {
  let rows = arrayLength(&x) / (OUTER * GROUPS);
  let chunks = arrayLength(&out) / (OUTER * GROUPS);
  let share = shareOf(group, groups, lane, chunks);
  if (share.outer >= OUTER) {
    return;
  }
  var sum = V(0.0);
  var at = indexOf(share, rows, share.chunk);
  for (var r = share.chunk; r < rows; r += chunks) {
    sum += x[at];
    at += chunks * GROUPS;
  }
  out[indexOf(share, chunks, share.chunk)] = sum;
}
