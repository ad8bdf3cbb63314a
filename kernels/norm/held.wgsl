// resident.wgsl for planes that fit into registers: the image is read once, all loads of an invocation in flight together, where resident.wgsl waits for a
// load in every turn of three loops.
//
//   mean, then the deviations from it, then out = finish((x − mean) / √(var + EPS) · scale + shift)
//
// Numerics  as resident.wgsl, and the same bits where LANES is the same.
// Layout    x, out [OUTER, ROWS, C] stored as S; stats [OUTER, 4, C] as keep.wgsl writes it. V = vec4f or f32.
// Prelude   alias V, S; blocks.wgsl with its constants; EPS; HELD = ⌈ROWS / LANES⌉; scaleAt, shiftAt, finish as apply.wgsl; keep.wgsl; bindings from 3 on.
// Dispatch  one workgroup per (o, block of channel groups).
@group(0) @binding(0) var<storage, read_write> out : array<S>;
@group(0) @binding(1) var<storage, read_write> stats : array<V>;
@group(0) @binding(2) var<storage, read> x : array<S>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u, @builtin(local_invocation_index) lane : u32) {
  if (idle(group, groups, lane, 1u)) {
    return;
  }
  let rows = rowsIn(arrayLength(&x));
  let share = shareOf(group, groups, lane, 1u);
  let base = share.outer * rows * GROUPS + share.c;
  var held : array<S, HELD>;
  for (var k = 0u; k < HELD; k++) {
    held[k] = x[base + min(share.lane + k * LANES, rows - 1u) * GROUPS];
  }
  let pivot = V(x[base]);
  let factor = scaleAt(share.outer, share.c);
  let shift = shiftAt(share.outer, share.c);
  var sum = V(0.0);
  for (var k = 0u; k < HELD; k++) {
    sum += select(V(0.0), V(held[k]) - pivot, share.lane + k * LANES < rows);
  }
  let rough = total(sum, V(0.0), lane)[0] / f32(rows);
  sum = V(0.0);
  var squares = V(0.0);
  for (var k = 0u; k < HELD; k++) {
    let d = select(V(0.0), V(held[k]) - pivot - rough, share.lane + k * LANES < rows);
    sum += d;
    squares += d * d;
  }
  let sums = total(sum, squares, lane);
  let left = sums[0] / f32(rows);
  let offset = rough + left;
  let variance = max(sums[1] / f32(rows) - left * left, V(0.0));
  keep(share, pivot, offset, variance, rows);
  let scale = factor / sqrt(variance + EPS);
  for (var k = 0u; k < HELD; k++) { // apart from the stores: `finish` may load, and loads do not move across stores
    held[k] = S(finish((V(held[k]) - pivot - offset) * scale + shift, base + min(share.lane + k * LANES, rows - 1u) * GROUPS));
  }
  for (var k = 0u; k < HELD; k++) {
    if (share.lane + k * LANES < rows) {
      out[base + (share.lane + k * LANES) * GROUPS] = held[k];
    }
  }
}
