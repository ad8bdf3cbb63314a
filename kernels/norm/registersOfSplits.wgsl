// A whole norm of a product whose K was split, in one launch: it adds the partial sums, too.
//   x = Σₛ splitSums[s] + bias        out = finish((x − mean) / √(var + EPS) · scale + shift)
//
// Why       at batch 1 a product is split into ten pieces, and mergeSplits.wgsl wrote an x that registers.wgsl read at
//           once. This saves that launch, and x is never in memory.
// Numerics  sums in the order of mergeSplits.wgsl, the norm as in registers.wgsl. x is not rounded to S in between: in
//           f32 the bits are those of the two kernels, in f16 they are more accurate.
// Tile      as registers.wgsl, with up to 7 rows for each thread. The loads of all its rows from two pieces are in
//           flight together.
// Layout    splitSums [splits, OUTER, ROWS, C] in f32; out [OUTER, ROWS, C] stored as Raw; stats as writeStats.wgsl
//           writes it. V = vec4f or f32.
// Prelude   that of registers.wgsl; fn biasAt(c : u32) -> V.
// Dispatch  one workgroup per (o, block of channel groups).
@group(0) @binding(0) var<storage, read_write> out : array<Raw>;
@group(0) @binding(1) var<storage, read_write> stats : array<V>;
@group(0) @binding(2) var<storage, read> splitSums : array<V>;

/** One value of x. */
fn mergedAt(i : u32, size : u32, bias : V) -> V {
  var sum = splitSums[i];
  for (var at = i + size; at < arrayLength(&splitSums); at += size) {
    sum += splitSums[at];
  }
  return sum + bias;
}

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) groups : vec3u,
  @builtin(local_invocation_index) thread : u32,
) {
  if (idle(group, groups, thread, 1u)) {
    return;
  }
  let rows = rowsIn(arrayLength(&out));
  let size = OUTER * rows * GROUPS;
  let share = shareOf(group, groups, thread, 1u);
  let base = share.outer * rows * GROUPS + share.c;
  let first = base + share.row * GROUPS;
  let last = base + (rows - 1u) * GROUPS;
  let end = arrayLength(&splitSums);
  let bias = biasAt(share.c);
  var merged : array<V, REGISTER_ROWS>;
  for (var k = 0u; k < REGISTER_ROWS; k++) { // unrolled
    merged[k] = splitSums[registerRowAt(first, k, last)];
  }
  var piece = size;
  for (; piece + size < end; piece += 2u * size) {
    var next : array<V, REGISTER_ROWS>;
    var after : array<V, REGISTER_ROWS>;
    for (var k = 0u; k < REGISTER_ROWS; k++) { // unrolled
      next[k] = splitSums[piece + registerRowAt(first, k, last)];
    }
    for (var k = 0u; k < REGISTER_ROWS; k++) { // unrolled
      after[k] = splitSums[piece + size + registerRowAt(first, k, last)];
    }
    for (var k = 0u; k < REGISTER_ROWS; k++) { // unrolled
      merged[k] += next[k];
      merged[k] += after[k];
    }
  }
  if (piece < end) {
    for (var k = 0u; k < REGISTER_ROWS; k++) { // unrolled
      merged[k] += splitSums[piece + registerRowAt(first, k, last)];
    }
  }
  let pivot = middleOf(
    mergedAt(base + (rows / 3u) * GROUPS, size, bias),
    mergedAt(base + (rows / 2u) * GROUPS, size, bias),
    mergedAt(base + (2u * rows / 3u) * GROUPS, size, bias),
  );
  let factor = scaleAt(share.outer, share.c);
  let summand = shiftAt(share.outer, share.c);
  var sum = V(0.0);
  var squares = V(0.0);
  for (var k = 0u; k < REGISTER_ROWS; k++) { // unrolled
    let d = select(V(0.0), merged[k] + bias - pivot, hasRow(first, k, last));
    sum += d;
    squares += d * d;
  }
  // loaded before the barriers of the sums, as in registers.wgsl
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
      let y = finish((merged[k] + bias - pivot) * scale + shift, opened(addends[k]));
      out[registerRowAt(first, k, last)] = packed(y);
    }
  }
}
