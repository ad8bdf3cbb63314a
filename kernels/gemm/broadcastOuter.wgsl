// GEMM on one subgroup for an A that is contiguous along m:  C[m, n] = sum over k of A[m, k] · B[k, n]
//
// Multiply  as broadcast.wgsl, but a lane owns 4 consecutive rows, loaded as one vec4, x 4·QUADS columns. k runs in steps of 8 / QUADS, as many as one load of
//           B covers; the lanes also share the work of finding where step k of A lies (a convolution divides there).
// Prelude   M, N, K, QUADS (1 or 2), TILES_N, K_CHUNK (a multiple of 8 / QUADS), loaders of A and B (README.md), where loadA returns rows m … m+3, with fn shareStep(step : StepA,
//           lane : u32) -> StepA, the step that `lane` found; and an epilogue.
// Dispatch  x·y = tiles, n fastest; z = splits of K for each item; begin(z) says which split (launch.ts). Needs subgroups of at least 8.
const LANES = 8u;
const STEPS = LANES / QUADS;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u, @builtin(subgroup_invocation_id) lane : u32) {
  let split = begin(group.z);
  let tile = group.y * groups.x + group.x;
  let column = (tile % TILES_N) * (4u * QUADS);
  let row = ((tile / TILES_N) * LANES + lane) * 4u;
  let rows = rowA(row);
  var acc : array<array<vec4f, QUADS>, 4>;
  let start = split * K_CHUNK;
  let end = min(K, start + K_CHUNK);
  for (var k = start; k < end; k += STEPS) {
    let found = stepA(min(k + lane % STEPS, max(K, 1u) - 1u));
    let b = loadB(k + lane / QUADS, column + 4u * (lane % QUADS));
    for (var j = 0u; j < min(STEPS, end - k); j++) {
      let a = loadA(rows, shareStep(found, j));
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
