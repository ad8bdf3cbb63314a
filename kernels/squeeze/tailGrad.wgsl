// Gradient through the end of a residual block, y = prelu(v) with v = x · gate + skip, up to v, and the sums that the
// gradient of the gates needs:
//   h = prelu′(v) · dy        parts[n, k, c] = Σ h · x over the rows r of chunk k of sample n
//
// One pass over dy, x and skip. v is computed again, because reading it would cost as much as reading skip.
// Layout    h, dy, x, skip [N, ROWS, C] stored as S; gates [N, C]; parts [N, CHUNKS, C]. V = vec4f (four channels) or
//           f32.
// Prelude   alias V, S; norm/rows.wgsl or norm/blocks.wgsl with its constants, OUTER = N. ROWS and CHUNKS follow from
//           the lengths.
// Dispatch  as sums.wgsl.
@group(0) @binding(0) var<storage, read_write> h : array<S>;
@group(0) @binding(1) var<storage, read_write> parts : array<V>;
@group(0) @binding(2) var<storage, read> dy : array<S>;
@group(0) @binding(3) var<storage, read> x : array<S>;
@group(0) @binding(4) var<storage, read> skip : array<S>;
@group(0) @binding(5) var<storage, read> gates : array<V>;
@group(0) @binding(6) var<storage, read> slope : array<f32>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u, @builtin(local_invocation_index) thread : u32) {
  let rows = rowsIn(arrayLength(&x));
  let chunks = arrayLength(&parts) / (OUTER * GROUPS);
  if (idle(group, groups, thread, chunks)) {
    return;
  }
  let share = shareOf(group, groups, thread, chunks);
  let gate = gates[share.outer * GROUPS + share.c];
  var sum = V(0.0);
  let first = share.chunk * WORKGROUP_ROWS + share.row;
  var at = (share.outer * rows + first) * GROUPS + share.c;
  for (var r = first; r < rows; r += chunks * WORKGROUP_ROWS) {
    let value = V(x[at]);
    let g = V(dy[at]);
    let passed = select(g * slope[0], g, value * gate + V(skip[at]) > V(0.0));
    h[at] = S(passed);
    sum += passed * value;
    at += chunks * WORKGROUP_ROWS * GROUPS;
  }
  let sums = total(sum, V(0.0), thread);
  if (share.row == 0u) {
    parts[(share.outer * chunks + share.chunk) * GROUPS + share.c] = sums[0];
  }
}
