// A whole norm in one launch, for planes that fit into registers: the image is read once, all loads of an invocation in flight together.
//   out = finish((x − mean) / √(var + EPS) · scale + shift)
//
// Numerics  one pass over the values, about a value p of the plane:  mean = p + Σ(x − p) / n        var = Σ(x − p)² / n − (Σ(x − p) / n)²
//           The error of var is at most some (1 + (mean − p)² / var) · 2⁻²⁴ of it, however far the mean is from zero. p is the middle one of three
//           rows (pivot.wgsl), two of which lie inside of a square image.
// Tile      up to 14 rows of an invocation, workgroups of up to 512: those of 896 took 10.9 µs where those of 448 take 8.9, with residual 19.7
//           and 10.7 (28x28x512, 16 images of f16, H200). Loops are written out (`unroll`), so that no array leaves the registers.
// Layout    x, out [OUTER, ROWS, C] stored as Raw; stats [OUTER, 4, C] as keep.wgsl writes it. V = vec4f or f32.
// Prelude   alias V, S; blocks.wgsl with its constants; registers.wgsl; pivot.wgsl; atLeastZero.wgsl; EPS; scaleAt, shiftAt, addendAt, finish as apply.wgsl; keep.wgsl; bindings from 3 on.
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
  let first = base + share.lane * GROUPS;
  let last = base + (rows - 1u) * GROUPS;
  var held : array<Raw, HELD>;
  for (var k = 0u; k < HELD; k++) { // unrolled
    held[k] = x[heldAt(first, k, last)];
  }
  let pivot = middleOf(
    opened(x[base + (rows / 3u) * GROUPS]),
    opened(x[base + (rows / 2u) * GROUPS]),
    opened(x[base + (2u * rows / 3u) * GROUPS]),
  );
  let factor = scaleAt(share.outer, share.c);
  let summand = shiftAt(share.outer, share.c);
  var sum = V(0.0);
  var squares = V(0.0);
  for (var k = 0u; k < HELD; k++) { // unrolled
    let d = select(V(0.0), opened(held[k]) - pivot, holds(first, k, last));
    sum += d;
    squares += d * d;
  }
  // All of the residual at once, and on its way while the sums meet at barriers: 10.7 µs, 16.3 if asked for behind them (of f32 23.6 and 22.9).
  var addends : array<Raw, HELD>;
  for (var k = 0u; k < HELD; k++) { // unrolled
    addends[k] = addendAt(heldAt(first, k, last));
  }
  let sums = total(sum, squares, lane);
  let offset = sums[0] / f32(rows);
  let variance = atLeastZero(sums[1] / f32(rows) - offset * offset);
  keep(share, pivot, offset, variance, rows);
  let scale = factor / sqrt(variance + EPS);
  let shift = summand - offset * scale;
  for (var k = 0u; k < HELD; k++) { // unrolled
    if (holds(first, k, last)) {
      out[heldAt(first, k, last)] = packed(finish((opened(held[k]) - pivot) * scale + shift, opened(addends[k])));
    }
  }
}
