// residentGrad.wgsl for planes that fit into registers: x and dy are read once, all loads of an invocation in flight together.
//
// Layout    x, dy, out [OUTER, ROWS, C] stored as S. V = vec4f or f32.
// Prelude   as residentGrad.wgsl, and HELD = ⌈ROWS / LANES⌉.
// Dispatch  one workgroup per (o, block of channel groups).
@group(0) @binding(0) var<storage, read_write> out : array<S>;
@group(0) @binding(1) var<storage, read> x : array<S>;
@group(0) @binding(3) var<storage, read> dy : array<S>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u, @builtin(local_invocation_index) lane : u32) {
  if (idle(group, groups, lane, 1u)) {
    return;
  }
  let rows = rowsIn(arrayLength(&x));
  let share = shareOf(group, groups, lane, 1u);
  let base = share.outer * rows * GROUPS + share.c;
  var held : array<S, HELD>;
  var slopes : array<S, HELD>;
  for (var k = 0u; k < HELD; k++) {
    let i = base + min(share.lane + k * LANES, rows - 1u) * GROUPS;
    held[k] = x[i];
    slopes[k] = dy[i];
  }
  let known = knownOf(share.outer, share.c);
  let rstd = V(1.0) / known.deviation;
  let scale = scaleAt(share.outer, share.c);
  let shift = shiftAt(share.outer, share.c);
  var dScale = V(0.0);
  var dShift = V(0.0);
  for (var k = 0u; k < HELD; k++) {
    let normal = centred(V(held[k]), known) * rstd;
    let h = select(V(0.0), gate(V(slopes[k]), normal * scale + shift), share.lane + k * LANES < rows);
    dScale += h * normal;
    dShift += h;
  }
  let sums = total(dScale, dShift, lane);
  if (share.lane == 0u) {
    publish(share.outer, share.c, sums[0], sums[1]);
  }
  let meanHX = sums[0] / f32(rows);
  let meanH = sums[1] / f32(rows);
  for (var k = 0u; k < HELD; k++) {
    if (share.lane + k * LANES < rows) {
      let normal = centred(V(held[k]), known) * rstd;
      let h = gate(V(slopes[k]), normal * scale + shift);
      out[base + (share.lane + k * LANES) * GROUPS] = S(scale * rstd * (h - meanH - normal * meanHX));
    }
  }
}
