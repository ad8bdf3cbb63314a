// GEMM without workgroup memory:  C[m, n] = sum over k of A[m, k] · B[k, n]
//
// Multiply  one invocation owns ROWS rows x 4 columns and walks k in steps of 4. Lanes of a workgroup lie side by side along n, so they
//           read the same rows of A.
// Why       on llvmpipe workgroup memory and barriers cost more than they save: this kernel reaches 8-10 GFLOP/s on two cores where a
//           staged tile gets 4-5 (2026-11-22). It serves software adapters without subgroups of 8 (see broadcast.wgsl), and on GPUs the
//           shapes too small for a tile.
// Prelude   M, N, K, ROWS, LANES_N, LANES_M (LANES_N * LANES_M invocations), TILES_N, K_CHUNK (a multiple of 4: how much of K one
//           workgroup of the z axis sums), loaders of A and B and an epilogue (README.md).
// Dispatch  x·y = tiles, n fastest; z = splits of K for each item; begin(z) says which split (launch.ts).
@compute @workgroup_size(LANES_N * LANES_M)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u, @builtin(local_invocation_index) lane : u32) {
  let split = begin(group.z);
  let tile = group.y * groups.x + group.x;
  let column = ((tile % TILES_N) * LANES_N + lane % LANES_N) * 4u;
  let row = ((tile / TILES_N) * LANES_M + lane / LANES_N) * ROWS;
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
