// The whole gradient of a norm in one launch, for planes that fit into registers: x and dy are read once.
//
// It computes the sums of gradSums.wgsl, then the pass of gradApply.wgsl, on values that it has loaded once.
// Tile      as registers.wgsl.
// Layout    x, dy, out [OUTER, ROWS, C] stored as Raw. V = vec4f or f32.
// Prelude   as cachedGrad.wgsl, and rowsInRegisters.wgsl.
// Dispatch  one workgroup per (o, block of channel groups).
@group(0) @binding(0) var<storage, read_write> out : array<Raw>;
@group(0) @binding(1) var<storage, read> x : array<Raw>;
@group(0) @binding(3) var<storage, read> dy : array<Raw>;

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
  let first = base + share.row * GROUPS;
  let last = base + (rows - 1u) * GROUPS;
  var values : array<Raw, REGISTER_ROWS>;
  var slopes : array<Raw, REGISTER_ROWS>;
  for (var k = 0u; k < REGISTER_ROWS; k++) { // unrolled
    values[k] = x[registerRowAt(first, k, last)];
    slopes[k] = dy[registerRowAt(first, k, last)];
  }
  let channel = readStats(share.outer, share.c);
  let scale = scaleAt(share.outer, share.c);
  let shift = shiftAt(share.outer, share.c);
  var dScale = V(0.0);
  var dShift = V(0.0);
  for (var k = 0u; k < REGISTER_ROWS; k++) { // unrolled
    let normal = normalOf(opened(values[k]), channel);
    let h = select(V(0.0), gate(opened(slopes[k]), normal * scale + shift), hasRow(first, k, last));
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
  for (var k = 0u; k < REGISTER_ROWS; k++) { // unrolled
    if (hasRow(first, k, last)) {
      let normal = normalOf(opened(values[k]), channel);
      let h = gate(opened(slopes[k]), normal * scale + shift);
      out[registerRowAt(first, k, last)] = packed(slope * h + (along * normal + level));
    }
  }
}
