// A whole norm in one launch, for planes that fit into the registers of a workgroup: the image is read once.
//   out = finish((x − mean) / √(var + EPS) · scale + shift)
//
// Numerics  one pass over the values, about a value p of the plane:
//             mean = p + Σ(x − p) / n        var = Σ(x − p)² / n − (Σ(x − p) / n)²
//           The relative error of var is at most about (1 + (mean − p)² / var) · 2⁻²⁴, however far the mean is from
//           zero. p is the median of three rows (pivot.wgsl), two of which lie in the interior of a square image.
// Tile      a thread has up to 14 rows, all of whose loads are in flight together; a workgroup has up to 512 threads.
//           896 threads took 10.9 µs where 448 take 8.9, with a residual 19.7 and 10.7 (28x28x512, 16 images of f16,
//           H200). Loops are written out (`unroll`), so that the arrays stay in registers.
// Layout    x, out [OUTER, ROWS, C] stored as Raw; stats [OUTER, 4, C] as writeStats.wgsl writes it. V = vec4f or f32.
// Prelude   alias V, S; blocks.wgsl with its constants; rowsInRegisters.wgsl; pivot.wgsl; atLeastZero.wgsl; EPS;
//           scaleAt, shiftAt, addendAt and finish as in apply.wgsl; writeStats.wgsl; bindings from 3 on.
// Dispatch  one workgroup per (o, block of channel groups).
@group(0) @binding(0) var<storage, read_write> out : array<Raw>;
@group(0) @binding(1) var<storage, read_write> stats : array<V>;
@group(0) @binding(2) var<storage, read> x : array<Raw>;

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
  for (var k = 0u; k < REGISTER_ROWS; k++) { // unrolled
    values[k] = x[registerRowAt(first, k, last)];
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
  for (var k = 0u; k < REGISTER_ROWS; k++) { // unrolled
    let d = select(V(0.0), opened(values[k]) - pivot, hasRow(first, k, last));
    sum += d;
    squares += d * d;
  }
  // The residual is loaded before the barriers of the sums, so that it arrives meanwhile: 10.7 µs, and 16.3 if it is
  // loaded behind them (in f32 23.6 and 22.9).
  var addends : array<Raw, REGISTER_ROWS>;
  for (var k = 0u; k < REGISTER_ROWS; k++) { // unrolled
    addends[k] = addendAt(registerRowAt(first, k, last));
  }
  let sums = total(sum, squares, thread);
  let offset = sums[0] / f32(rows);
  let variance = atLeastZero(sums[1] / f32(rows) - offset * offset);
  writeStats(share, pivot, offset, variance, rows);
  let scale = factor / sqrt(variance + EPS);
  let shift = summand - offset * scale;
  for (var k = 0u; k < REGISTER_ROWS; k++) { // unrolled
    if (hasRow(first, k, last)) {
      let y = finish((opened(values[k]) - pivot) * scale + shift, opened(addends[k]));
      out[registerRowAt(first, k, last)] = packed(y);
    }
  }
}
