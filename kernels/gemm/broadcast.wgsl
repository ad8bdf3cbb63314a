// GEMM on one subgroup, for adapters that compute on the CPU:  C[m, n] = sum over k of A[m, k] · B[k, n]
//
// Multiply  lanes lie along m; each owns ROWS rows (8 apart) x 4·QUADS columns and walks k in steps of 4. What all lanes need alike, the values of B,
//           is loaded once: each lane loads another (k, quad) and the lanes hand them round.
// Why       on llvmpipe a load costs the same whether or not its address is the same for all lanes, and loads, not products, bound direct.wgsl. Measured
//           on one core: 11-17 GFLOP/s where direct.wgsl reaches 4-6. Few columns (three-channel images) leave no lane idle.
// Prelude   M, N, K, ROWS, QUADS (1, 2 or 4), TILES_N, K_CHUNK (a multiple of 4), loaders of A and B and an epilogue
//           (README.md).
// Dispatch  x·y = tiles, n fastest; z = splits of K for each item; begin(z) says which split (launch.ts). Needs subgroups of at least 8.
const LANES = 8u;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u, @builtin(subgroup_invocation_id) lane : u32) {
  let split = begin(group.z);
  let tile = group.y * groups.x + group.x;
  let column = (tile % TILES_N) * (4u * QUADS);
  let row = (tile / TILES_N) * (LANES * ROWS) + lane;
  var rows : array<RowA, ROWS>;
  var acc : array<array<vec4f, QUADS>, ROWS>;
  for (var i = 0u; i < ROWS; i++) {
    rows[i] = rowA(min(row + i * LANES, M - 1u));
  }
  let start = split * K_CHUNK;
  let end = min(K, start + K_CHUNK);
  for (var k = start; k < end; k += 4u) {
    let step = stepA(k);
    var a : array<vec4f, ROWS>;
    for (var i = 0u; i < ROWS; i++) {
      a[i] = loadA(rows[i], step);
    }
    // Values first … first + 7 of B's 4 rows x QUADS quads; with QUADS = 1 the last four lanes load what nobody takes.
    for (var first = 0u; first < 4u * QUADS; first += LANES) {
      let mine = first + lane;
      let b = loadB(k + mine / QUADS, column + 4u * (mine % QUADS));
      for (var e = 0u; e < min(LANES, 4u * QUADS); e++) {
        let value = subgroupShuffle(b, e);
        for (var i = 0u; i < ROWS; i++) {
          acc[i][e % QUADS] = fma(vec4f(a[i][(first + e) / QUADS]), value, acc[i][e % QUADS]);
        }
      }
    }
  }
  for (var i = 0u; i < ROWS; i++) {
    for (var q = 0u; q < QUADS; q++) {
      if (row + i * LANES < M && column + 4u * q < N) {
        store(split, row + i * LANES, column + 4u * q, acc[i][q]);
      }
    }
  }
}
