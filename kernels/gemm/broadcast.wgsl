// GEMM on one subgroup, for adapters that compute on the CPU:  C[m, n] = Σₖ A[m, k] · B[k, n]
//
// Tile      a workgroup is one subgroup of 8 threads along m. Each thread sums ROWS rows (8 apart) x 4·QUADS columns in
//           registers and steps along k by 4. All threads need the same values of B: each loads another (k, quad), and
//           subgroupShuffle gives it to all.
// Why       on llvmpipe a load costs the same whether or not all threads load one address, and loads, not products,
//           limit direct.wgsl. Measured on one core: 11-17 GFLOP/s where direct.wgsl reaches 4-6. No thread is idle for
//           few columns (three-channel images).
// Needs     subgroups of at least 8 threads.
// Prelude   M, N, K, ROWS, QUADS (1, 2 or 4), TILES_N, K_CHUNK (a multiple of 4), loaders of A and B and an epilogue
//           (README.md).
// Dispatch  x·y = tiles, those of one row of tiles first; z = splits of K x batch, which begin(z) takes apart
//           (launch.ts).
const THREADS = 8u;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u, @builtin(subgroup_invocation_id) thread : u32) {
  let split = begin(group.z);
  let tile = group.y * groups.x + group.x;
  let column = (tile % TILES_N) * (4u * QUADS);
  let row = (tile / TILES_N) * (THREADS * ROWS) + thread;
  var rows : array<RowA, ROWS>;
  var acc : array<array<vec4f, QUADS>, ROWS>;
  for (var i = 0u; i < ROWS; i++) {
    rows[i] = rowA(min(row + i * THREADS, M - 1u));
  }
  let start = split * K_CHUNK;
  let end = min(K, start + K_CHUNK);
  for (var k = start; k < end; k += 4u) {
    let step = stepA(k);
    var a : array<vec4f, ROWS>;
    for (var i = 0u; i < ROWS; i++) {
      a[i] = loadA(rows[i], step);
    }
    // The subgroup loads vectors first … first + 7 of the 4 rows x QUADS vectors of B. With QUADS = 1 those of the last
    // four threads are not used.
    for (var first = 0u; first < 4u * QUADS; first += THREADS) {
      let mine = first + thread;
      let b = loadB(k + mine / QUADS, column + 4u * (mine % QUADS));
      for (var e = 0u; e < min(THREADS, 4u * QUADS); e++) {
        let value = subgroupShuffle(b, e);
        for (var i = 0u; i < ROWS; i++) {
          acc[i][e % QUADS] = fma(vec4f(a[i][(first + e) / QUADS]), value, acc[i][e % QUADS]);
        }
      }
    }
  }
  for (var i = 0u; i < ROWS; i++) {
    for (var q = 0u; q < QUADS; q++) {
      if (row + i * THREADS < M && column + 4u * q < N) {
        store(split, row + i * THREADS, column + 4u * q, acc[i][q]);
      }
    }
  }
}
