// Several affine maps of one small matrix:  y_s[r] = x[r] · W_s + b_s
//
// Why       for a few rows (a batch of latents) the cost of a product is that of reading its weight once. The maps
//           share a launch. The threads load four values of x along K at a time, because with 16 rows most loads are
//           loads of x.
// Tile      a thread computes sums for BLOCK_ROWS rows and one vector of columns. THREADS_PER_SUM threads split the K
//           products of a sum. A value of W stays in a register while all rows use it.
// Layout    x [ROWS, K]; W_s [K, N] and y_s [ROWS, N] as V (vec4f or f32), b_s [N]. WIDTH = N / width of V.
// Prelude   alias V; K, WIDTH, ROWS, BLOCK_ROWS, COLUMNS and THREADS_PER_SUM (powers of two), WG = COLUMNS ·
//           THREADS_PER_SUM; the bindings, which the host generates because their number varies: x, then the sets;
//           fn quad(r, k) -> vec4f, which is x[r, k … k + 3] with 0 from K on; fn weight(s, i) -> V,
//           fn bias(s, i) -> V, fn put(s, i, value : V).
// Dispatch  x = blocks of COLUMNS, y = blocks of BLOCK_ROWS rows, z = sets.
var<workgroup> parts : array<V, WG>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(local_invocation_index) thread : u32) {
  let c = group.x * COLUMNS + thread % COLUMNS;
  let column = min(c, WIDTH - 1u);
  let first = group.y * BLOCK_ROWS;
  var sums : array<V, BLOCK_ROWS>;
  for (var k = 4u * (thread / COLUMNS); k < K; k += 4u * THREADS_PER_SUM) {
    var w : array<V, 4>;
    for (var j = 0u; j < 4u; j++) {
      w[j] = weight(group.z, min(k + j, K - 1u) * WIDTH + column);
    }
    for (var r = 0u; r < BLOCK_ROWS; r++) {
      let q = quad(min(first + r, ROWS - 1u), k);
      sums[r] += (q.x * w[0] + q.y * w[1]) + (q.z * w[2] + q.w * w[3]);
    }
  }
  for (var r = 0u; r < BLOCK_ROWS; r++) {
    var sum = sums[r];
    if (THREADS_PER_SUM > 1u) {
      parts[thread] = sum;
      workgroupBarrier();
      for (var half = THREADS_PER_SUM / 2u; half > 0u; half /= 2u) {
        if (thread < half * COLUMNS) {
          parts[thread] += parts[thread + half * COLUMNS];
        }
        workgroupBarrier();
      }
      sum = parts[thread % COLUMNS];
      workgroupBarrier();
    }
    if (thread < COLUMNS && c < WIDTH && first + r < ROWS) {
      put(group.z, (first + r) * WIDTH + c, sum + bias(group.z, c));
    }
  }
}
