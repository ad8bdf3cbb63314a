// GEMM without workgroup memory:  C[m, n] = Σₖ A[m, k] · B[k, n]
//
// Tile      a thread sums ROWS rows x 4 columns in registers and steps along k by 4. A workgroup has THREADS_M x
//           THREADS_N threads; those next to each other along n read the same rows of A.
// Why       on llvmpipe workgroup memory and barriers cost more than they save: this kernel reaches 8-10 GFLOP/s on two
//           cores, a tile in workgroup memory 4-5 (2026-11-22). It serves software adapters without subgroups of 8 (see
//           broadcast.wgsl), and on GPUs the shapes that are too small for a tile.
// Prelude   M, N, K, ROWS, THREADS_N, THREADS_M, TILES_N, K_CHUNK (a multiple of 4: the part of K that one split sums),
//           loaders of A and B and an epilogue (README.md).
// Dispatch  x·y = tiles, those of one row of tiles first; z = splits of K x batch, which begin(z) takes apart
//           (launch.ts).
@compute @workgroup_size(THREADS_N * THREADS_M)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u, @builtin(local_invocation_index) thread : u32) {
  let split = begin(group.z);
  let tile = group.y * groups.x + group.x;
  let column = ((tile % TILES_N) * THREADS_N + thread % THREADS_N) * 4u;
  let row = ((tile / TILES_N) * THREADS_M + thread / THREADS_N) * ROWS;
  var rows : array<RowA, ROWS>;
  var acc : array<vec4f, ROWS>;
  for (var i = 0u; i < ROWS; i++) {
    rows[i] = rowA(min(row + i, M - 1u));
  }
  let start = split * K_CHUNK;
  let end = min(K, start + K_CHUNK);
  for (var k = start; k < end; k += 4u) {
    let step = stepA(k);
    let b0 = loadB(k, column);
    let b1 = loadB(k + 1u, column);
    let b2 = loadB(k + 2u, column);
    let b3 = loadB(k + 3u, column);
    for (var i = 0u; i < ROWS; i++) {
      let a = loadA(rows[i], step);
      acc[i] = fma(vec4f(a.x), b0, fma(vec4f(a.y), b1, fma(vec4f(a.z), b2, fma(vec4f(a.w), b3, acc[i]))));
    }
  }
  for (var i = 0u; i < ROWS; i++) {
    if (row + i < M && column < N) {
      store(split, row + i, column, acc[i]);
    }
  }
}
