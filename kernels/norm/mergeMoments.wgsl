// Mean and biased variance of all rows from the moments of chunks (Chan's rule, fixed order):
//   d = d_0 + e        mean = p + d        var = Σ (m2_k + n_k (d_k − d_0)²) / ROWS − e²
//   with e = Σ n_k (d_k − d_0) / ROWS
//
// One pass over the chunks, about the first one's mean, because those of the others lie near it.
// Numerics  p and d are stored beside their rounded sum. With that sum alone, x − mean would lose the digits that
//           rounding lost, and x̂ would have a mean of its own wherever the mean is much larger than the deviation.
// Layout    parts [OUTER, CHUNKS, 2, C] from moments.wgsl, x as there; stats [OUTER, 4, C] as writeStats.wgsl writes
//           it: mean, variance, p, d.
// Prelude   alias V, S; rows.wgsl or blocks.wgsl, which here distribute chunks; rowsOf.wgsl; atLeastZero.wgsl;
//           writeStats.wgsl, bindings from 3 on.
// Dispatch  one thread, or workgroup, per (o, channel group) or block of these.
@group(0) @binding(0) var<storage, read_write> stats : array<V>;
@group(0) @binding(1) var<storage, read> parts : array<V>;
@group(0) @binding(2) var<storage, read> x : array<S>;

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) groups : vec3u,
  @builtin(local_invocation_index) thread : u32,
) {
  let rows = rowsIn(arrayLength(&x));
  let chunks = arrayLength(&parts) / (OUTER * 2u * GROUPS);
  if (idle(group, groups, thread, 1u)) {
    return;
  }
  let share = shareOf(group, groups, thread, 1u);
  let base = share.outer * chunks * 2u * GROUPS + share.c;
  let pivot = V(x[share.outer * rows * GROUPS + share.c]);
  let about = parts[base];
  var sum = V(0.0);
  var squares = V(0.0);
  for (var k = share.row; k < chunks; k += WORKGROUP_ROWS) {
    let d = parts[base + 2u * k * GROUPS] - about;
    let weighted = rowsOf(rows, chunks, k) * d;
    sum += weighted;
    squares += parts[base + (2u * k + 1u) * GROUPS] + weighted * d;
  }
  let sums = total(sum, squares, thread);
  let left = sums[0] / f32(rows);
  let variance = atLeastZero(sums[1] / f32(rows) - left * left);
  writeStats(share, pivot, about + left, variance, rows);
}
