// A whole norm in one launch, for planes that stay in the cache while a workgroup reads them three times:
//   out = finish((x − mean) / √(var + EPS) · scale + shift)
// The first reading gives the mean, the second the deviations from it, the third writes the result.
//
// Memory    one read and one write of the image. Numerics: the second reading sums deviations from the rounded mean,
//           and their own mean corrects it.
// Layout    x, out [OUTER, ROWS, C] stored as S; stats [OUTER, 4, C] as writeStats.wgsl writes it. V = vec4f or f32.
// Prelude   alias V, S; blocks.wgsl with its constants; atLeastZero.wgsl; EPS; scaleAt, shiftAt, addendAt and finish as
//           in apply.wgsl; writeStats.wgsl; bindings from 3 on.
// Dispatch  one workgroup per (o, block of channel groups).
@group(0) @binding(0) var<storage, read_write> out : array<S>;
@group(0) @binding(1) var<storage, read_write> stats : array<V>;
@group(0) @binding(2) var<storage, read> x : array<S>;

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) groups : vec3u,
  @builtin(local_invocation_index) thread : u32,
) {
  if (idle(group, groups, thread, 1u)) {
    return;
  }
  let rows = rowsIn(arrayLength(&x));
  let share = shareOf(group, groups, thread, 1u);
  let base = share.outer * rows * GROUPS + share.c;
  let pivot = V(x[base]);
  var sum = V(0.0);
  for (var r = share.row; r < rows; r += WORKGROUP_ROWS) {
    sum += V(x[base + r * GROUPS]) - pivot;
  }
  let rough = total(sum, V(0.0), thread)[0] / f32(rows);
  sum = V(0.0);
  var squares = V(0.0);
  for (var r = share.row; r < rows; r += WORKGROUP_ROWS) {
    let d = V(x[base + r * GROUPS]) - pivot - rough;
    sum += d;
    squares += d * d;
  }
  let sums = total(sum, squares, thread);
  let left = sums[0] / f32(rows);
  let offset = rough + left;
  let variance = atLeastZero(sums[1] / f32(rows) - left * left);
  writeStats(share, pivot, offset, variance, rows);
  let scale = scaleAt(share.outer, share.c) / sqrt(variance + EPS);
  let shift = shiftAt(share.outer, share.c);
  for (var r = share.row; r < rows; r += WORKGROUP_ROWS) {
    let i = base + r * GROUPS;
    out[i] = S(finish((V(x[i]) - pivot - offset) * scale + shift, V(addendAt(i))));
  }
}
