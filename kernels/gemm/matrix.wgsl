// GEMM on subgroup matrices, f16 operands and f32 sums:  C[m, n] = sum over k of A[m, k] · B[k, n]
//
// Tile      a workgroup owns BM x BN of C and walks k in steps of BK; each of its WARPS_M x WARPS_N subgroups owns FRAGS_M x FRAGS_N squares of 16 x 16.
// Layout    A and B as their loaders say; C [ROWS_OF_C, N] row-major, the partial sums of a split K one after the other.
// Staging   step t stores its tile, passes the barrier, loads the tile of step t + 2 into the registers that are free now, and multiplies: a load has the products
//           of two steps to hide behind, as long as nothing touches its value before the store. So two sets of registers, two stages of workgroup memory,
//           one barrier per step, and every second step written out (TURNS). Memory moves in vec4u of eight halves; a pad of one vec4u per row keeps the rows
//           that a subgroup reads together on different banks. Operands stay as they lie in memory, along k or not (A_BY_K, B_BY_N): the matrix units
//           read either way, nothing is transposed.
// Epilogue  the sums leave through the same workgroup memory, 16 rows of each subgroup at a time, because only there they can be had as numbers: for bias,
//           activation, edges and f16.
// Loops     those marked "unrolled" are written out before compilation (unroll.ts): matrices stay in registers only under constant indices.
// Prelude   M, N, K, BM, BN, BK (multiples of 16), WARPS_M, WARPS_N, THREADS = WARPS_M · WARPS_N · subgroup size, TILES_N, K_CHUNK (a multiple of BK), A_BY_K,
//           B_BY_N; FRAGS_M = BM / 16 / WARPS_M and FRAGS_N alike, DEPTH = BK / 16, SLOTS_A = ⌈BM · BK / 8 / THREADS⌉ and SLOTS_B alike, TURNS = 2; loaders
//           of A and B with a walk over A (README.md), WIDE_B = 4 or 8 values that loadB brings; and an epilogue (store). On a device without bounds checks (Dawn's
//           disable_robustness) it is twice as fast.
// Dispatch  x·y >= tiles, n fastest; z = splits of K for each item; begin(z) says which split (launch.ts).
const PITCH_A = select(BM, BK, A_BY_K) / 8u + 1u;
const PITCH_B = select(BK, BN, B_BY_N) / 8u + 1u;
const SIZE_A = select(BK, BM, A_BY_K) * PITCH_A;
const STAGE = SIZE_A + select(BN, BK, B_BY_N) * PITCH_B;
const CHUNKS_A = BM * BK / 8u;
const CHUNKS_B = BN * BK / 8u;
const ROWS_B = select(BN, BK, B_BY_N); // of the tile as it is staged
const ALONG_A = select(BM, BK, A_BY_K) / 8u; // chunks of eight in a row of the tile; divides THREADS
const ALONG_B = select(BK, BN, B_BY_N) / 8u;
// The chunks of eight that one invocation moves lie below one another in a tile, THREADS / ALONG rows apart; but those of an A along m side by side, in one
// step of k, so that a convolution's weight gradient finds the pixel of that step once.
const BESIDE = !A_BY_K && CHUNKS_A % THREADS == 0u;
const LANES_A = select(ALONG_A, ALONG_A / SLOTS_A, BESIDE); // invocations in a row of A's tile
const STEP_ALONG = select(0u, LANES_A, BESIDE);
const STEP_DOWN = select(THREADS / ALONG_A, 0u, BESIDE);
const PITCH_C = FRAGS_N * 4u + 2u; // f32 sums, four to a vec4u
const SLAB = 16u * PITCH_C;
const RAGGED = K % BK != 0u;

alias Left = subgroup_matrix_left<f16, 16, 16>;
alias Right = subgroup_matrix_right<f16, 16, 16>;
alias Sums = subgroup_matrix_result<f32, 16, 16>;

var<workgroup> tiles : array<vec4u, max(2u * STAGE, WARPS_M * WARPS_N * SLAB)>;

// Eight halves of A's tile at step k0, in its row `down`; past K zeros.
fn chunkOfA(place : PlaceA, k0 : u32, down : u32, along : u32) -> vec4u {
  let k = k0 + select(down, 8u * along, A_BY_K);
  if (!RAGGED) {
    return takeA(place, k);
  }
  return select(vec4u(), takeA(place, select(0u, k, k < K)), k < K);
}

// Eight halves of B along n or, where a load brings eight at once, along whatever its loader reads.
fn eightOfB(k : u32, n : u32) -> vec4u {
  if (WIDE_B == 8u) {
    return vec4u(loadB(k, n));
  }
  return vec4u(bitcast<vec2u>(vec4<f16>(loadB(k, n))), bitcast<vec2u>(vec4<f16>(loadB(k, n + 4u))));
}

// Eight halves of B's tile. Where it has fewer chunks than there are invocations, the others read its last row: past it B may end.
fn chunkOfB(k0 : u32, column0 : u32, down : u32, along : u32) -> vec4u {
  let row = select(min(down, ROWS_B - 1u), down, CHUNKS_B % THREADS == 0u);
  return eightOfB(k0 + select(8u * along, row, B_BY_N), column0 + select(row, 8u * along, B_BY_N));
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u, @builtin(local_invocation_index) lane : u32,
        @builtin(subgroup_id) warp : u32) {
  let split = begin(group.z);
  let tile = group.y * groups.x + group.x;
  let column0 = (tile % TILES_N) * BN;
  let row0 = (tile / TILES_N) * BM;
  if (row0 >= M) { // a grid of two axes may have more workgroups than there are tiles
    return;
  }
  let start = split * K_CHUNK;
  let end = min(K, start + K_CHUNK);
  let warpM = warp / WARPS_N;
  let warpN = warp % WARPS_N;

  let alongA = lane % LANES_A;
  let alongB = lane % ALONG_B;
  let firstA = lane / LANES_A;
  let firstB = lane / ALONG_B;
  var rows : array<WalkA, SLOTS_A>;
  for (var s = 0u; s < SLOTS_A; s++) { // unrolled
    let m = min(row0 + select(8u * (alongA + s * STEP_ALONG), firstA + s * STEP_DOWN, A_BY_K), M - 1u);
    if (s == 0u || !BESIDE) {
      rows[s] = walkA(m);
    } else {
      rows[s] = besideA(rows[0], s * STEP_ALONG, m);
    }
  }
  var places : array<PlaceA, SLOTS_A>;
  var nextA : array<vec4u, TURNS * SLOTS_A>;
  var nextB : array<vec4u, TURNS * SLOTS_B>;
  var sums : array<Sums, FRAGS_M * FRAGS_N>;

  for (var turn = 0u; turn < TURNS; turn++) { // unrolled
    if (start + turn * BK < end) {
      for (var s = 0u; s < SLOTS_A; s++) { // unrolled
        places[s] = placeA(rows[s], start + turn * BK);
        nextA[turn * SLOTS_A + s] = chunkOfA(places[s], start + turn * BK, firstA + s * STEP_DOWN, alongA);
      }
      for (var s = 0u; s < SLOTS_B; s++) { // unrolled
        nextB[turn * SLOTS_B + s] = chunkOfB(start + turn * BK, column0, firstB + s * (THREADS / ALONG_B), alongB);
      }
    }
  }
  for (var k0 = start; k0 < end; k0 += TURNS * BK) {
    for (var turn = 0u; turn < TURNS; turn++) { // unrolled
      if (k0 + turn * BK < end) {
        for (var s = 0u; s < SLOTS_A; s++) { // unrolled
          if (CHUNKS_A % THREADS == 0u || lane + s * THREADS < CHUNKS_A) {
            tiles[turn * STAGE + (firstA + s * STEP_DOWN) * PITCH_A + alongA + s * STEP_ALONG] = nextA[turn * SLOTS_A + s];
          }
        }
        for (var s = 0u; s < SLOTS_B; s++) { // unrolled
          if (CHUNKS_B % THREADS == 0u || lane + s * THREADS < CHUNKS_B) {
            tiles[turn * STAGE + SIZE_A + (firstB + s * (THREADS / ALONG_B)) * PITCH_B + alongB] = nextB[turn * SLOTS_B + s];
          }
        }
      }
      workgroupBarrier();
      if (k0 + (TURNS + turn) * BK < end) {
        let k1 = k0 + (TURNS + turn) * BK;
        if (RUN_A > 0u && k1 % max(RUN_A, 1u) == 0u) {
          for (var s = 0u; s < SLOTS_A; s++) { // unrolled
            places[s] = placeA(rows[s], k1);
          }
        }
        for (var s = 0u; s < SLOTS_A; s++) { // unrolled
          nextA[turn * SLOTS_A + s] = chunkOfA(places[s], k1, firstA + s * STEP_DOWN, alongA);
        }
        for (var s = 0u; s < SLOTS_B; s++) { // unrolled
          nextB[turn * SLOTS_B + s] = chunkOfB(k1, column0, firstB + s * (THREADS / ALONG_B), alongB);
        }
      }
      if (k0 + turn * BK < end) {
        for (var d = 0u; d < DEPTH; d++) { // unrolled
          var left : array<Left, FRAGS_M>;
          for (var i = 0u; i < FRAGS_M; i++) { // unrolled
            let m = (warpM * FRAGS_M + i) * 16u;
            if (A_BY_K) {
              left[i] = subgroupMatrixLoad<Left, row_major>(&tiles, turn * STAGE + m * PITCH_A + d * 2u, PITCH_A);
            } else {
              left[i] = subgroupMatrixLoad<Left, col_major>(&tiles, turn * STAGE + d * 16u * PITCH_A + m / 8u, PITCH_A);
            }
          }
          for (var j = 0u; j < FRAGS_N; j++) { // unrolled
            let n = (warpN * FRAGS_N + j) * 16u;
            var right : Right;
            if (B_BY_N) {
              right = subgroupMatrixLoad<Right, row_major>(&tiles, turn * STAGE + SIZE_A + d * 16u * PITCH_B + n / 8u, PITCH_B);
            } else {
              right = subgroupMatrixLoad<Right, col_major>(&tiles, turn * STAGE + SIZE_A + n * PITCH_B + d * 2u, PITCH_B);
            }
            for (var i = 0u; i < FRAGS_M; i++) { // unrolled
              sums[i * FRAGS_N + j] = subgroupMatrixMultiplyAccumulate(left[i], right, sums[i * FRAGS_N + j]);
            }
          }
        }
      }
    }
  }
  workgroupBarrier();

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
