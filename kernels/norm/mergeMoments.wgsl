// Mean and biased variance of all rows from the moments of chunks (Chan's rule, fixed order):
//   d = Σ n_k d_k / ROWS        mean = p + d        var = Σ (m2_k + n_k (d_k − d)²) / ROWS
//
// Numerics  p and d are kept beside their rounded sum. x − mean would lose what the rounding lost: x̂ would have a mean of its own when the mean is
//           much larger than the deviation. (x − p) − d does not.
// Layout    parts [OUTER, CHUNKS, 2, C] from moments.wgsl, x as there; stats [OUTER, 4, C] as keep.wgsl writes it: mean, variance, p, d.
// Prelude   alias V, S; rows.wgsl or blocks.wgsl, which deals out chunks here; rowsOf.wgsl; keep.wgsl, bindings from 3 on.
// Dispatch  one invocation, or workgroup, per (o, channel group) or block of these.
@group(0) @binding(0) var<storage, read_write> stats : array<V>;
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
  keep(share, pivot, shift, variance, rows);
}
