// Mean and biased variance of all rows from the moments of chunks (Chan's rule, fixed order):
//   d = Σ n_k d_k / ROWS        mean = p + d        var = Σ (m2_k + n_k (d_k − d)²) / ROWS
//
// Numerics  p and d are kept beside their rounded sum. x − mean would lose what the rounding lost: x̂ would have a mean of its own when the mean is
//           much larger than the deviation. (x − p) − d does not.
// Layout    parts [OUTER, CHUNKS, 2, C] from moments.wgsl, x as there; out [OUTER, 4, C]: mean, variance, p, d.
// Prelude   alias V, S; rows.wgsl or blocks.wgsl, which deals out chunks here; rowsOf.wgsl; fn observe(c : u32, mean : V, variance : V, rows : f32), which batch
//           norm fills with the move of its running statistics (bindings from 3 on): they then cost no launch of their own.
// Dispatch  one invocation, or workgroup, per (o, channel group) or block of these.
@group(0) @binding(0) var<storage, read_write> out : array<V>;
@group(0) @binding(1) var<storage, read> parts : array<V>;
@group(0) @binding(2) var<storage, read> x : array<S>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u, @builtin(local_invocation_index) lane : u32) {
  let rows = rowsIn(arrayLength(&x));
  let chunks = arrayLength(&parts) / (OUTER * 2u * GROUPS);
  if (idle(group, groups, lane, 1u)) {
    return;
  }
  let share = shareOf(group, groups, lane, 1u);
  let base = share.outer * chunks * 2u * GROUPS + share.c;
  let pivot = V(x[share.outer * rows * GROUPS + share.c]);
  var sum = V(0.0);
  for (var k = share.lane; k < chunks; k += LANES) {
    sum += rowsOf(rows, chunks, k) * parts[base + 2u * k * GROUPS];
  }
  let shift = total(sum, V(0.0), lane)[0] / f32(rows);
  var squares = V(0.0);
  for (var k = share.lane; k < chunks; k += LANES) {
    let d = parts[base + 2u * k * GROUPS] - shift;
    squares += parts[base + (2u * k + 1u) * GROUPS] + rowsOf(rows, chunks, k) * d * d;
  }
  let variance = total(squares, V(0.0), lane)[0] / f32(rows);
  if (share.lane == 0u) {
    let at = share.outer * 4u * GROUPS + share.c;
    out[at] = pivot + shift;
    out[at + GROUPS] = variance;
    out[at + 2u * GROUPS] = pivot;
    out[at + 3u * GROUPS] = shift;
    observe(share.c, pivot + shift, variance, f32(rows));
  }
}
