// The whole gradient of a norm in one launch, for planes that stay in the cache while a workgroup reads them twice.
//
// The first reading computes the sums of gradSums.wgsl, the second is the pass of gradApply.wgsl.
// Layout    x, dy, out [OUTER, ROWS, C] stored as S. V = vec4f or f32.
// Prelude   as gradSums.wgsl, with blocks.wgsl; bindings of scaleAt and shiftAt from 4 on;
//           fn publish(outer : u32, c : u32, dScale : V, dShift : V) writes the two sums to where they are wanted, with
//           the bindings that follow.
// Dispatch  one workgroup per (o, block of channel groups).
@group(0) @binding(0) var<storage, read_write> out : array<S>;
@group(0) @binding(1) var<storage, read> x : array<S>;
@group(0) @binding(3) var<storage, read> dy : array<S>;

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
  let channel = readStats(share.outer, share.c);
  let scale = scaleAt(share.outer, share.c);
  let shift = shiftAt(share.outer, share.c);
  let base = share.outer * rows * GROUPS + share.c;
  var dScale = V(0.0);
  var dShift = V(0.0);
  for (var r = share.row; r < rows; r += WORKGROUP_ROWS) {
    let i = base + r * GROUPS;
    let normal = normalOf(V(x[i]), channel);
    let h = gate(V(dy[i]), normal * scale + shift);
    dScale += h * normal;
    dShift += h;
  }
  let sums = total(dScale, dShift, thread);
  if (share.row == 0u) {
    publish(share.outer, share.c, sums[0], sums[1]);
  }
  let slope = scale * channel.rstd;
  let along = -slope * sums[0] / f32(rows);
  let level = -slope * sums[1] / f32(rows);
  for (var r = share.row; r < rows; r += WORKGROUP_ROWS) {
    let i = base + r * GROUPS;
    let normal = normalOf(V(x[i]), channel);
    let h = gate(V(dy[i]), normal * scale + shift);
    out[i] = S(slope * h + (along * normal + level));
  }
}
