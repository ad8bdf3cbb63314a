// The whole gradient of a norm in one launch, for planes that fit into registers: x and dy are read once, all loads of an invocation in flight together.
// The sums of gradSums.wgsl, then the pass of gradApply.wgsl.
//
// Tile      as held.wgsl.
// Layout    x, dy, out [OUTER, ROWS, C] stored as Raw. V = vec4f or f32.
// Prelude   as residentGrad.wgsl, and registers.wgsl.
// Dispatch  one workgroup per (o, block of channel groups).
@group(0) @binding(0) var<storage, read_write> out : array<Raw>;
@group(0) @binding(1) var<storage, read> x : array<Raw>;
@group(0) @binding(3) var<storage, read> dy : array<Raw>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u, @builtin(local_invocation_index) lane : u32) {
  if (idle(group, groups, lane, 1u)) {
    return;
  }
  let rows = rowsIn(arrayLength(&x));
  let share = shareOf(group, groups, lane, 1u);
  let base = share.outer * rows * GROUPS + share.c;
  let first = base + share.lane * GROUPS;
  let last = base + (rows - 1u) * GROUPS;
  var held : array<Raw, HELD>;
  var slopes : array<Raw, HELD>;
  for (var k = 0u; k < HELD; k++) { // unrolled
    held[k] = x[heldAt(first, k, last)];
    slopes[k] = dy[heldAt(first, k, last)];
  }
  let known = knownOf(share.outer, share.c);
  let scale = scaleAt(share.outer, share.c);
  let shift = shiftAt(share.outer, share.c);
  var dScale = V(0.0);
  var dShift = V(0.0);
  for (var k = 0u; k < HELD; k++) { // unrolled
    let normal = normalOf(opened(held[k]), known);
    let h = select(V(0.0), gate(opened(slopes[k]), normal * scale + shift), holds(first, k, last));
    dScale += h * normal;
    dShift += h;
  }
  let sums = total(dScale, dShift, lane);
  if (share.lane == 0u) {
    publish(share.outer, share.c, sums[0], sums[1]);
  }
  let slope = scale * known.rstd;
  let along = -slope * sums[0] / f32(rows);
  let level = -slope * sums[1] / f32(rows);
  for (var k = 0u; k < HELD; k++) { // unrolled
    if (holds(first, k, last)) {
      let normal = normalOf(opened(held[k]), known);
      let h = gate(opened(slopes[k]), normal * scale + shift);
      out[heldAt(first, k, last)] = packed(slope * h + (along * normal + level));
    }
  }
}
