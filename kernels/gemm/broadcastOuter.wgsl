// GEMM on one subgroup for an A that is contiguous along m:  C[m, n] = Σₖ A[m, k] · B[k, n]
//
// Tile      as broadcast.wgsl, but a thread sums 4 consecutive rows, loaded as one vec4, x 4·QUADS columns. Each thread
//           computes where another of the 4 steps of A lies, because that takes divisions for a convolution, and
//           shuffleStep gives it to all.
// Needs     subgroups of at least 8 threads.
// Prelude   M, N, K, QUADS (1, 2 or 4), TILES_N, K_CHUNK (a multiple of 4), WHOLE_K, loaders of A and B and an epilogue
//           (README.md), where loadA returns rows m … m+3, and fn shuffleStep.
// Dispatch  x·y = tiles, those of one row of tiles first; z = splits of K x batch, which begin(z) takes apart
//           (launch.ts).
const THREADS = 8u;
const STEPS = 4u;
const LOADS = (STEPS * QUADS + THREADS - 1u) / THREADS;

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
    var b : array<vec4f, LOADS>;
    for (var load = 0u; load < LOADS; load++) {
      let mine = load * THREADS + thread;
      b[load] = loadB(k + mine / QUADS, column + 4u * (mine % QUADS));
    }
    var a : array<vec4f, STEPS>;
    for (var e = 0u; e < STEPS; e++) {
      a[e] = loadA(rows, shuffleStep(ownStep, e));
    }
    for (var q = 0u; q < QUADS; q++) {
      for (var e = 0u; e < STEPS; e++) {
        let source = e * QUADS + q;
        let value = subgroupShuffle(b[source / THREADS], source % THREADS);
        for (var i = 0u; i < 4u; i++) {
          // past the end A repeats its last values, and zero times an infinity would be NaN
          let sum = fma(vec4f(a[e][i]), value, acc[i][q]);
          acc[i][q] = select(acc[i][q], sum, WHOLE_K || k + e < end);
        }
      }
    }
  }
  // one store in a loop, as in broadcast.wgsl
  let vectors = (min(M, row + 4u) - min(M, row)) * QUADS;
  for (var at = 0u; at < vectors; at++) {
    var sums = acc[0][0];
    for (var other = 1u; other < 4u * QUADS; other++) {
      sums = select(sums, acc[other / QUADS][other % QUADS], at == other);
    }
    let m = row + at / QUADS;
    let n = column + 4u * (at % QUADS);
    if (n < N) {
      store(split, m, n, sums);
    }
  }
}
