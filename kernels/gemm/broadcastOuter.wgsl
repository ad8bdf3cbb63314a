// GEMM on one subgroup for an A that is contiguous along m:  C[m, n] = Σₖ A[m, k] · B[k, n]
//
// Tile      as broadcast.wgsl, but a thread sums 4 consecutive rows, loaded as one vec4, x 4·QUADS columns. Steps along
//           k are of 8 / QUADS, the rows of B that one load of the subgroup covers. Each thread computes where another
//           step of A lies, because that takes divisions for a convolution, and shuffleStep gives it to all.
// Needs     subgroups of at least 8 threads.
// Prelude   M, N, K, QUADS (1 or 2), TILES_N, K_CHUNK (a multiple of 8 / QUADS), loaders of A and B and an epilogue
//           (README.md), where loadA returns rows m … m+3, and fn shuffleStep.
// Dispatch  x·y = tiles, those of one row of tiles first; z = splits of K x batch, which begin(z) takes apart
//           (launch.ts).
const THREADS = 8u;
const STEPS = THREADS / QUADS;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u, @builtin(subgroup_invocation_id) thread : u32) {
  let split = begin(group.z);
  let tile = group.y * groups.x + group.x;
  let column = (tile % TILES_N) * (4u * QUADS);
  let row = ((tile / TILES_N) * THREADS + thread) * 4u;
  let rows = rowA(row);
  var acc : array<array<vec4f, QUADS>, 4>;
  let start = split * K_CHUNK;
  let end = min(K, start + K_CHUNK);
  for (var k = start; k < end; k += STEPS) {
    let ownStep = stepA(min(k + thread % STEPS, max(K, 1u) - 1u));
    let b = loadB(k + thread / QUADS, column + 4u * (thread % QUADS));
    for (var j = 0u; j < min(STEPS, end - k); j++) {
      let a = loadA(rows, shuffleStep(ownStep, j));
      for (var q = 0u; q < QUADS; q++) {
        let value = subgroupShuffle(b, j * QUADS + q);
        for (var i = 0u; i < 4u; i++) {
          acc[i][q] = fma(vec4f(a[i]), value, acc[i][q]);
        }
      }
    }
  }
  for (var i = 0u; i < 4u; i++) {
    for (var q = 0u; q < QUADS; q++) {
      if (row + i < M && column + 4u * q < N) {
        store(split, row + i, column + 4u * q, acc[i][q]);
      }
    }
  }
}
