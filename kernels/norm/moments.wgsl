// Mean and squared deviation of chunks of rows:  for each (o, k, c) over the rows of chunk k of x[o]
//   d_k = (p_k − p) + Σ(x − p_k) / n_k        m2_k = Σ(x − p_k)² − (Σ(x − p_k))² / n_k
// with p = x[o, 0, c], p_k a value of the chunk, n_k the number of its rows.
//
// Numerics  deviations are taken from a value of the chunk, so that a mean far from zero (100 ± 0.01) does not cancel.
//           That value is the median of three rows (pivot.wgsl), so that it is no outlier. x is read once.
// Layout    x [OUTER, ROWS, C] stored as S, out [OUTER, CHUNKS, 2, C], d before m2. V = vec4f (four channels) or f32.
// Prelude   alias V, S; rows.wgsl or blocks.wgsl with its constants, rowsOf.wgsl; pivot.wgsl; atLeastZero.wgsl;
//           AT_ONCE, the rows that a thread has in flight, whose loops are written out (`unroll`).
//           ROWS and CHUNKS (every chunk has a row) follow from the lengths.
// Dispatch  one thread per (o, k, channel group), or one workgroup per (o, k, block of groups).
@group(0) @binding(0) var<storage, read_write> out : array<V>;
@group(0) @binding(1) var<storage, read> x : array<S>;

/** Row `row` + `step`, or `row` where there is none. */
fn within(row : u32, step : u32, rows : u32) -> u32 {
  return select(row, row + step, row + step < rows);
}

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) groups : vec3u,
  @builtin(local_invocation_index) thread : u32,
) {
  let rows = rowsIn(arrayLength(&x));
  let chunks = arrayLength(&out) / (OUTER * 2u * GROUPS);
  if (idle(group, groups, thread, chunks)) {
    return;
  }
  let share = shareOf(group, groups, thread, chunks);
  let base = share.outer * rows * GROUPS + share.c;
  let first = share.chunk * WORKGROUP_ROWS + share.row;
  var sum = V(0.0);
  var squares = V(0.0);
  let stride = chunks * WORKGROUP_ROWS;
  let own = share.chunk * WORKGROUP_ROWS; // rows of the chunk, the same for all its threads
  let pivot = middleOf(
    V(x[base + own * GROUPS]),
    V(x[base + within(own, stride, rows) * GROUPS]),
    V(x[base + within(own, 2u * stride, rows) * GROUPS]),
  );
  var r = first;
  for (; r + (AT_ONCE - 1u) * stride < rows; r += AT_ONCE * stride) {
    var values : array<S, AT_ONCE>;
    for (var k = 0u; k < AT_ONCE; k++) { // unrolled
      values[k] = x[base + (r + k * stride) * GROUPS];
    }
    for (var k = 0u; k < AT_ONCE; k++) { // unrolled
      let d = V(values[k]) - pivot;
      sum += d;
      squares += d * d;
    }
  }
  for (; AT_ONCE > 1u && r < rows; r += stride) {
    let d = V(x[base + r * GROUPS]) - pivot;
    sum += d;
    squares += d * d;
  }
  let sums = total(sum, squares, thread);
  if (share.row == 0u) {
    let mean = sums[0] / rowsOf(rows, chunks, share.chunk);
    let to = (share.outer * chunks + share.chunk) * 2u * GROUPS + share.c;
    out[to] = (pivot - V(x[base])) + mean;
    out[to + GROUPS] = atLeastZero(sums[1] - sums[0] * mean);
  }
}
