// Gradient through the end of a residual block, y = prelu(v) with v = x · gate + skip, up to v, and what the gates' gradient needs of it:
//   h = prelu′(v) · dy        parts[n, k, c] = Σ h · x over the rows r = k, k + CHUNKS, … of sample n
//
// One pass over dy, x and skip; v is computed again, because reading it would cost as much as reading skip.
// Layout    h, dy, x, skip [N, ROWS, C]; gates [N, C]; parts [N, CHUNKS, C]. V = vec4f (four channels) or f32.
// Prelude   alias V; norm/rows.wgsl with its constants, OUTER = N. ROWS and CHUNKS follow from the lengths.
// Dispatch  one invocation per (n, k, channel group).
@group(0) @binding(0) var<storage, read_write> h : array<V>;
@group(0) @binding(1) var<storage, read_write> parts : array<V>;
@group(0) @binding(2) var<storage, read> dy : array<V>;
@group(0) @binding(3) var<storage, read> x : array<V>;
@group(0) @binding(4) var<storage, read> skip : array<V>;
@group(0) @binding(5) var<storage, read> gates : array<V>;
@group(0) @binding(6) var<storage, read> slope : array<f32>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u, @builtin(local_invocation_index) lane : u32) {
  let rows = arrayLength(&x) / (OUTER * GROUPS);
  let chunks = arrayLength(&parts) / (OUTER * GROUPS);
  let share = shareOf(group, groups, lane, chunks);
  if (share.outer >= OUTER) {
    return;
  }
  let gate = gates[share.outer * GROUPS + share.c];
  var sum = V(0.0);
  var at = indexOf(share, rows, share.chunk);
  for (var r = share.chunk; r < rows; r += chunks) {
    let value = x[at];
    let passed = select(dy[at] * slope[0], dy[at], value * gate + skip[at] > V(0.0));
    h[at] = passed;
    sum += passed * value;
    at += chunks * GROUPS;
  }
  parts[indexOf(share, chunks, share.chunk)] = sum;
}
