// A whole norm in one launch, for planes that fit into registers: the image is read once, all loads of an invocation in flight together.
//   out = finish((x − mean) / √(var + EPS) · scale + shift)
//
// Numerics  one pass over the values, about the plane's first row p:  mean = p + Σ(x − p) / n        var = Σ(x − p)² / n − (Σ(x − p) / n)²
//           As p is a value of the data, (mean − p)² ≤ n · var, and the error of var is at most some n · 2⁻²⁴ of it, 5e-5 for 784 rows, however far
//           the mean is from zero and p from the mean.
// Tile      up to 14 rows of an invocation, workgroups of up to 1024. Loops are written out (`unroll`), so that no array leaves the registers.
// Layout    x, out [OUTER, ROWS, C] stored as Raw; stats [OUTER, 4, C] as keep.wgsl writes it. V = vec4f or f32.
// Prelude   alias V, S; blocks.wgsl with its constants; registers.wgsl; EPS; scaleAt, shiftAt, finish as apply.wgsl; keep.wgsl; bindings from 3 on.
// Dispatch  one workgroup per (o, block of channel groups).
@group(0) @binding(0) var<storage, read_write> out : array<Raw>;
@group(0) @binding(1) var<storage, read_write> stats : array<V>;
@group(0) @binding(2) var<storage, read> x : array<Raw>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u, @builtin(local_invocation_index) lane : u32) {
  if (idle(group, groups, lane, 1u)) {
    return;
  }
  let rows = rowsIn(arrayLength(&x));
  let share = shareOf(group, groups, lane, 1u);
  let base = share.outer * rows * GROUPS + share.c;
  var held : array<Raw, HELD>;
  for (var k = 0u; k < HELD; k++) { // unrolled
    held[k] = x[base + heldRow(share.lane, k, rows) * GROUPS];
  }
  let pivot = opened(x[base]);
  let factor = scaleAt(share.outer, share.c);
  let summand = shiftAt(share.outer, share.c);
  var sum = V(0.0);
  var squares = V(0.0);
  for (var k = 0u; k < HELD; k++) { // unrolled
    let d = select(V(0.0), opened(held[k]) - pivot, holds(share.lane, k, rows));
    sum += d;
    squares += d * d;
  }
  let sums = total(sum, squares, lane);
  let offset = sums[0] / f32(rows);
  let variance = max(sums[1] / f32(rows) - offset * offset, V(0.0));
  keep(share, pivot, offset, variance, rows);
  let scale = factor / sqrt(variance + EPS);
  let shift = summand - offset * scale;
  // Apart from the stores: `finish` may load, and loads do not move across stores.
  for (var k = 0u; k < HELD; k++) { // unrolled
    held[k] = packed(finish((opened(held[k]) - pivot) * scale + shift, base + heldRow(share.lane, k, rows) * GROUPS));
  }
  for (var k = 0u; k < HELD; k++) { // unrolled
    if (holds(share.lane, k, rows)) {
      out[base + (share.lane + k * LANES) * GROUPS] = held[k];
    }
  }
}
