// GEMM on one subgroup, for adapters that compute on the CPU:  C[m, n] = Σₖ A[m, k] · B[k, n]
//
// Tile      a workgroup is one subgroup of 8 threads along m. Each thread sums ROWS rows (8 apart) x 4·QUADS columns
//           and steps along k by 4. All threads need the same values of B: each loads others, and subgroupShuffle gives
//           them to all.
// Why       on llvmpipe a load costs the same whether or not all threads load one address: it becomes a branch for each
//           thread and a comparison for each value, some 300 instructions for a vec4f. So loads limit this kernel, and
//           products per load count: at 16 columns two rows take 0.77 times the processor time of one. The columns of
//           one vector are summed over the whole step before the next, which keeps few sums in registers at a time.
//           No thread is idle for few columns (three-channel images).
// Needs     subgroups of at least 8 threads.
// Prelude   M, N, K, ROWS, QUADS (1, 2 or 4), TILES_N, K_CHUNK (a multiple of 4), B_BY_N, loaders of A and B and an
//           epilogue (README.md). With B_BY_N, loadB gives four values along n, else along k.
// Dispatch  x·y = tiles, those of one row of tiles first; z = splits of K x batch, which begin(z) takes apart
//           (launch.ts).
const THREADS = 8u;
const LOADS = (4u * QUADS + THREADS - 1u) / THREADS;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u, @builtin(subgroup_invocation_id) thread : u32) {
  let split = begin(group.z);
  let tile = group.y * groups.x + group.x;
  let column = (tile % TILES_N) * (4u * QUADS);
  let top = (tile / TILES_N) * (THREADS * ROWS);
  let row = top + thread;
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
    // Along n these are vectors of the 4 rows x QUADS vectors of B, row by row; along k they are columns. Columns past
    // the tile, and with QUADS = 1 the vectors of the last four threads, are not used.
    var b : array<vec4f, LOADS>;
    for (var load = 0u; load < LOADS; load++) {
      let mine = load * THREADS + thread;
      if (B_BY_N) {
        b[load] = loadB(k + mine / QUADS, column + 4u * (mine % QUADS));
      } else {
        b[load] = loadB(k, column + mine);
      }
    }
    for (var q = 0u; q < QUADS; q++) {
      for (var e = 0u; e < 4u; e++) {
        let source = select(4u * q, e * QUADS + q, B_BY_N);
        var value : vec4f;
        if (B_BY_N) {
          value = subgroupShuffle(b[source / THREADS], source % THREADS);
        } else {
          let own = b[source / THREADS][e];
          value.x = subgroupShuffle(own, source % THREADS);
          value.y = subgroupShuffle(own, source % THREADS + 1u);
          value.z = subgroupShuffle(own, source % THREADS + 2u);
          value.w = subgroupShuffle(own, source % THREADS + 3u);
        }
        for (var i = 0u; i < ROWS; i++) {
          acc[i][q] = fma(vec4f(a[i][e]), value, acc[i][q]);
        }
      }
    }
  }
  // One store in a loop whose length is not known to the compiler: written out, the stores were half of what llvmpipe
  // compiles. The sums are selected, not indexed: an array that is indexed by a variable leaves the registers.
  // A grid may have more workgroups than there are tiles (linearGrid): those have top >= M, and no vectors.
  let vectors = (min(M, top + THREADS * ROWS) - min(M, top) + THREADS - 1u) / THREADS * QUADS;
  for (var at = 0u; at < vectors; at++) {
    var sums = acc[0][0];
    for (var other = 1u; other < ROWS * QUADS; other++) {
      sums = select(sums, acc[other / QUADS][other % QUADS], at == other);
    }
    let m = row + at / QUADS * THREADS;
    let n = column + 4u * (at % QUADS);
    if (m < M && n < N) {
      store(split, m, n, sums);
    }
  }
}
