// GEMM without workgroup memory for an A that is contiguous along m:  C[m, n] = Σₖ A[m, k] · B[k, n]
//
// Tile      as direct.wgsl, but a load of A gives four rows of one k, so that each k adds an outer product of ROWS rows
//           (a multiple of 4) and 4 columns. The weight gradient of a convolution is such a product: k runs over
//           pixels, and both operands are contiguous in channels.
// Prelude   M, N, K, ROWS, THREADS_N, THREADS_M, TILES_N, K_CHUNK, loaders of A and B and an epilogue (README.md);
//           loadA returns rows m … m+3.
// Dispatch  x·y = tiles, those of one row of tiles first; z = splits of K x batch, which begin(z) takes apart
//           (launch.ts).
const QUADS = ROWS / 4u;

@compute @workgroup_size(THREADS_N * THREADS_M)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u, @builtin(local_invocation_index) thread : u32) {
  let split = begin(group.z);
  let tile = group.y * groups.x + group.x;
  let column = ((tile % TILES_N) * THREADS_N + thread % THREADS_N) * 4u;
  let row = ((tile / TILES_N) * THREADS_M + thread / THREADS_N) * ROWS;
  var rows : array<RowA, QUADS>;
  var acc : array<vec4f, ROWS>;
  for (var q = 0u; q < QUADS; q++) {
    rows[q] = rowA(row + 4u * q);
  }
  let start = split * K_CHUNK;
  let end = min(K, start + K_CHUNK);
  for (var k = start; k < end; k++) {
    let step = stepA(k);
    let b = loadB(k, column);
    for (var q = 0u; q < QUADS; q++) {
      let a = loadA(rows[q], step);
      acc[4u * q] = fma(vec4f(a.x), b, acc[4u * q]);
      acc[4u * q + 1u] = fma(vec4f(a.y), b, acc[4u * q + 1u]);
      acc[4u * q + 2u] = fma(vec4f(a.z), b, acc[4u * q + 2u]);
      acc[4u * q + 3u] = fma(vec4f(a.w), b, acc[4u * q + 3u]);
    }
  }
  for (var i = 0u; i < ROWS; i++) {
    if (row + i < M && column < N) {
      store(split, row + i, column, acc[i]);
    }
  }
}
