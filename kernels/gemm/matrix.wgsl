// GEMM on subgroup matrices, f16 operands and f32 sums:  C[m, n] = sum over k of A[m, k] · B[k, n]
//
// Tile      a workgroup owns BM x BN of C and walks k in steps of BK; each of its WARPS_M x WARPS_N subgroups owns FRAGS_M x FRAGS_N squares of 16 x 16.
// Staging   two tiles in workgroup memory: one is multiplied while the next, loaded into registers before the products, is stored behind them. So one
//           barrier per step. Memory moves in vec4u of eight halves; a pad of one vec4u per row keeps the rows that a subgroup reads together on different
//           banks. Operands stay as they lie in memory, along k or not (A_BY_K, B_BY_N): the matrix units read either way, nothing is transposed.
// Epilogue  the sums leave through the same workgroup memory, 16 rows of each subgroup at a time, because only there they can be had as numbers: for bias,
//           activation, edges and f16.
// Loops     those marked "unrolled" are written out before compilation (unroll.ts): matrices stay in registers only under constant indices.
// Prelude   M, N, K, BM, BN, BK (multiples of 16), WARPS_M, WARPS_N, THREADS = WARPS_M · WARPS_N · subgroup size, TILES_N, K_CHUNK (a multiple of BK), A_BY_K,
//           B_BY_N; FRAGS_M = BM / 16 / WARPS_M and FRAGS_N alike, DEPTH = BK / 16, SLOTS_A = ⌈BM · BK / 8 / THREADS⌉ and SLOTS_B alike; loaders (WideRow,
//           wideRow, PlaceA, RUN_A, placeA, wideA; wideB) and an epilogue (store). On a device without bounds checks (Dawn's disable_robustness) it is twice as fast.
// Dispatch  x·y = tiles, n fastest; z = splits of K for each item; begin(z) says which split (launch.ts).
const PITCH_A = select(BM, BK, A_BY_K) / 8u + 1u;
const PITCH_B = select(BK, BN, B_BY_N) / 8u + 1u;
const SIZE_A = select(BK, BM, A_BY_K) * PITCH_A;
const STAGE = SIZE_A + select(BN, BK, B_BY_N) * PITCH_B;
const CHUNKS_A = BM * BK / 8u;
const CHUNKS_B = BN * BK / 8u;
const ROWS_B = select(BN, BK, B_BY_N); // of the tile as it is staged
const ALONG_A = select(BM, BK, A_BY_K) / 8u; // chunks of eight in a row of the tile; divides THREADS
const ALONG_B = select(BK, BN, B_BY_N) / 8u;
const PITCH_C = FRAGS_N * 4u + 2u; // f32 sums, four to a vec4u
const SLAB = 16u * PITCH_C;
const RAGGED = K % BK != 0u;

alias Left = subgroup_matrix_left<f16, 16, 16>;
alias Right = subgroup_matrix_right<f16, 16, 16>;
alias Sums = subgroup_matrix_result<f32, 16, 16>;

var<workgroup> tiles : array<vec4u, max(2u * STAGE, WARPS_M * WARPS_N * SLAB)>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u, @builtin(local_invocation_index) lane : u32,
        @builtin(subgroup_id) warp : u32) {
  let split = begin(group.z);
  let tile = group.y * groups.x + group.x;
  let column0 = (tile % TILES_N) * BN;
  let row0 = (tile / TILES_N) * BM;
  let start = split * K_CHUNK;
  let end = min(K, start + K_CHUNK);
  let warpM = warp / WARPS_N;
  let warpN = warp % WARPS_N;

  // An invocation's chunks of eight lie below one another: one place along the rows of a tile, every THREADS / ALONG-th row.
  let alongA = lane % ALONG_A;
  let alongB = lane % ALONG_B;
  let firstA = lane / ALONG_A;
  let firstB = lane / ALONG_B;
  var rows : array<WideRow, SLOTS_A>;
  var places : array<PlaceA, SLOTS_A>;
  for (var s = 0u; s < SLOTS_A; s++) { // unrolled
    rows[s] = wideRow(min(row0 + select(8u * alongA, firstA + s * (THREADS / ALONG_A), A_BY_K), M - 1u));
    places[s] = placeA(rows[s], start);
  }
  var nextA : array<vec4u, SLOTS_A>;
  var nextB : array<vec4u, SLOTS_B>;
  var sums : array<Sums, FRAGS_M * FRAGS_N>;
  var stage = 0u;

  // One round more than there are steps: the first only loads, the last only multiplies. A loop with its load in front of it ran 17 % slower.
  for (var k0 = start; k0 < end + BK; k0 += BK) {
    if (k0 < end) {
      if (RUN_A > 0u && k0 % max(RUN_A, 1u) == 0u) {
        for (var s = 0u; s < SLOTS_A; s++) { // unrolled
          places[s] = placeA(rows[s], k0);
        }
      }
      for (var s = 0u; s < SLOTS_A; s++) { // unrolled
        let k = k0 + select(firstA + s * (THREADS / ALONG_A), 8u * alongA, A_BY_K);
        let inside = !RAGGED || k < K;
        nextA[s] = select(vec4u(), wideA(places[s], select(0u, k, inside)), inside);
      }
      for (var s = 0u; s < SLOTS_B; s++) { // unrolled
        // Where a tile has fewer chunks than invocations, the others read its last row: past it B may end.
        let row = firstB + s * (THREADS / ALONG_B);
        let across = select(min(row, ROWS_B - 1u), row, CHUNKS_B % THREADS == 0u);
        nextB[s] = wideB(k0 + select(8u * alongB, across, B_BY_N), column0 + select(across, 8u * alongB, B_BY_N));
      }
    }
    if (k0 > start) {
      for (var d = 0u; d < DEPTH; d++) { // unrolled
        var left : array<Left, FRAGS_M>;
        for (var i = 0u; i < FRAGS_M; i++) { // unrolled
          let m = (warpM * FRAGS_M + i) * 16u;
          if (A_BY_K) {
            left[i] = subgroupMatrixLoad<Left, row_major>(&tiles, stage + m * PITCH_A + d * 2u, PITCH_A);
          } else {
            left[i] = subgroupMatrixLoad<Left, col_major>(&tiles, stage + d * 16u * PITCH_A + m / 8u, PITCH_A);
          }
        }
        for (var j = 0u; j < FRAGS_N; j++) { // unrolled
          let n = (warpN * FRAGS_N + j) * 16u;
          var right : Right;
          if (B_BY_N) {
            right = subgroupMatrixLoad<Right, row_major>(&tiles, stage + SIZE_A + d * 16u * PITCH_B + n / 8u, PITCH_B);
          } else {
            right = subgroupMatrixLoad<Right, col_major>(&tiles, stage + SIZE_A + n * PITCH_B + d * 2u, PITCH_B);
          }
          for (var i = 0u; i < FRAGS_M; i++) { // unrolled
            sums[i * FRAGS_N + j] = subgroupMatrixMultiplyAccumulate(left[i], right, sums[i * FRAGS_N + j]);
          }
        }
      }
    }
    stage = STAGE - stage;
    if (k0 < end) {
      for (var s = 0u; s < SLOTS_A; s++) { // unrolled
        if (CHUNKS_A % THREADS == 0u || lane + s * THREADS < CHUNKS_A) {
          tiles[stage + (firstA + s * (THREADS / ALONG_A)) * PITCH_A + alongA] = nextA[s];
        }
      }
      for (var s = 0u; s < SLOTS_B; s++) { // unrolled
        if (CHUNKS_B % THREADS == 0u || lane + s * THREADS < CHUNKS_B) {
          tiles[stage + SIZE_A + (firstB + s * (THREADS / ALONG_B)) * PITCH_B + alongB] = nextB[s];
        }
      }
    }
    workgroupBarrier();
  }

  for (var i = 0u; i < FRAGS_M; i++) { // unrolled
    for (var j = 0u; j < FRAGS_N; j++) { // unrolled
      subgroupMatrixStore<row_major>(&tiles, warp * SLAB + j * 4u, sums[i * FRAGS_N + j], PITCH_C);
    }
    workgroupBarrier();
    for (var at = lane; at < WARPS_M * WARPS_N * 64u * FRAGS_N; at += THREADS) {
      let slab = at / (64u * FRAGS_N);
      let r = (at / (FRAGS_N * 4u)) % 16u;
      let quad = at % (FRAGS_N * 4u);
      let row = row0 + ((slab / WARPS_N) * FRAGS_M + i) * 16u + r;
      let column = column0 + (slab % WARPS_N) * FRAGS_N * 16u + quad * 4u;
      if (row < M && column < N) {
        store(split, row, column, bitcast<vec4f>(tiles[slab * SLAB + r * PITCH_C + quad]));
      }
    }
    workgroupBarrier();
  }
}
