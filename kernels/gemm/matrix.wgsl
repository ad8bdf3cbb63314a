// GEMM on subgroup matrices, f16 operands and f32 sums:  C[m, n] = Σₖ A[m, k] · B[k, n]
//
// Tile      a workgroup computes BM x BN of C in steps of BK along k. Each of its SUBGROUPS_M x SUBGROUPS_N subgroups
//           sums FRAGS_M x FRAGS_N squares of 16 x 16.
// Layout    A and B as their loaders say; C [ROWS_OF_C, N] row-major, the partial sums of a split K one after the
//           other.
// Staging   step t stores its tile in workgroup memory, passes the barrier, loads the tile of step t + 2 into the
//           registers that became free, and multiplies. So the products of two steps hide the latency of a load,
//           provided that nothing uses the loaded value before it is stored. This takes two sets of registers, two
//           tiles of workgroup memory (STAGES = 2) and one barrier per step. Memory moves in chunks of eight f16
//           (vec4u). A pad of one chunk per row puts the rows that a subgroup reads together on different banks. Tiles
//           keep the order of their operands, contiguous along k or not (A_BY_K, B_BY_N), because matrices can be
//           loaded in row and in column order: nothing is transposed.
// Epilogue  single values of a matrix can be read through memory only, so the sums pass through the same workgroup
//           memory, 16 rows of each subgroup at a time. Bias, activation, edges and the conversion to f16 need single
//           values.
// Loops     marked "unrolled" are written out before compilation (unroll.ts): matrices stay in registers under constant
//           indices only.
// Speed     on a device without bounds checks (Dawn's disable_robustness) it is twice as fast.
// Needs     the features subgroups and chromium_experimental_subgroup_matrix, subgroups of one size.
// Prelude   M, N, K, BM, BN, BK (multiples of 16), SUBGROUPS_M, SUBGROUPS_N, THREADS = SUBGROUPS_M · SUBGROUPS_N ·
//           subgroup size, TILES_N, K_CHUNK (a multiple of BK), A_BY_K, B_BY_N; FRAGS_M = BM / 16 / SUBGROUPS_M and
//           FRAGS_N alike, DEPTH = BK / 16; SLOTS_A = ⌈BM · BK / 8 / THREADS⌉ and SLOTS_B alike: the chunks that a
//           thread stages; STAGES = 2; loaders of A and B and a walk over A (README.md); WIDTH_B = 4 or 8, the values
//           that loadB gives; an epilogue.
// Dispatch  x·y >= tiles, those of one row of tiles first; z = splits of K x batch, which begin(z) takes apart
//           (launch.ts).
const PITCH_A = select(BM, BK, A_BY_K) / 8u + 1u;
const PITCH_B = select(BK, BN, B_BY_N) / 8u + 1u;
const SIZE_A = select(BK, BM, A_BY_K) * PITCH_A;
const STAGE_SIZE = SIZE_A + select(BN, BK, B_BY_N) * PITCH_B;
const CHUNKS_A = BM * BK / 8u;
const CHUNKS_B = BN * BK / 8u;
const ROWS_B = select(BN, BK, B_BY_N); // of B's tile in workgroup memory
const CHUNKS_PER_ROW_A = select(BM, BK, A_BY_K) / 8u; // in a row of the tile; divides THREADS
const CHUNKS_PER_ROW_B = select(BK, BN, B_BY_N) / 8u;
// The chunks that one thread moves lie in one column of a tile, THREADS / CHUNKS_PER_ROW rows apart. If A is contiguous
// along m they lie side by side in one row instead, which is one k: the weight gradient of a convolution then computes
// the pixel of that k once for all of them.
const SIDE_BY_SIDE = !A_BY_K && CHUNKS_A % THREADS == 0u;
const THREADS_PER_ROW_A = select(CHUNKS_PER_ROW_A, CHUNKS_PER_ROW_A / SLOTS_A, SIDE_BY_SIDE);
const COLUMN_STRIDE_A = select(0u, THREADS_PER_ROW_A, SIDE_BY_SIDE);
const ROW_STRIDE_A = select(THREADS / CHUNKS_PER_ROW_A, 0u, SIDE_BY_SIDE);
const PITCH_C = FRAGS_N * 4u + 2u; // f32 sums, four to a vec4u
const SLAB = 16u * PITCH_C;
const RAGGED_K = K % BK != 0u;

alias Left = subgroup_matrix_left<f16, 16, 16>;
alias Right = subgroup_matrix_right<f16, 16, 16>;
alias Sums = subgroup_matrix_result<f32, 16, 16>;

var<workgroup> tiles : array<vec4u, max(2u * STAGE_SIZE, SUBGROUPS_M * SUBGROUPS_N * SLAB)>;

// A chunk of A's tile of step k0, given by its row and column in the tile; zeros past K.
fn chunkOfA(address : AddressA, k0 : u32, row : u32, column : u32) -> vec4u {
  let k = k0 + select(row, 8u * column, A_BY_K);
  if (!RAGGED_K) {
    return eightOfA(address, k);
  }
  return select(vec4u(), eightOfA(address, select(0u, k, k < K)), k < K);
}

// Eight f16 of B from (k, n) on: along n, or along the axis of loadB if that gives eight at once.
fn eightOfB(k : u32, n : u32) -> vec4u {
  if (WIDTH_B == 8u) {
    return vec4u(loadB(k, n));
  }
  return vec4u(bitcast<vec2u>(vec4<f16>(loadB(k, n))), bitcast<vec2u>(vec4<f16>(loadB(k, n + 4u))));
}

// A chunk of B's tile. If it has fewer chunks than there are threads, the others read its last row: B may end after it.
fn chunkOfB(k0 : u32, column0 : u32, row : u32, column : u32) -> vec4u {
  let inside = select(min(row, ROWS_B - 1u), row, CHUNKS_B % THREADS == 0u);
  return eightOfB(k0 + select(8u * column, inside, B_BY_N), column0 + select(inside, 8u * column, B_BY_N));
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u, @builtin(local_invocation_index) thread : u32,
        @builtin(subgroup_id) subgroup : u32) {
  let split = begin(group.z);
  let tile = group.y * groups.x + group.x;
  let column0 = (tile % TILES_N) * BN;
  let row0 = (tile / TILES_N) * BM;
  if (row0 >= M) { // linearGrid gives more workgroups than there are tiles where x·y cannot be their number
    return;
  }
  let start = split * K_CHUNK;
  let end = min(K, start + K_CHUNK);
  let subgroupM = subgroup / SUBGROUPS_N;
  let subgroupN = subgroup % SUBGROUPS_N;

  let chunkColumnA = thread % THREADS_PER_ROW_A;
  let chunkColumnB = thread % CHUNKS_PER_ROW_B;
  let chunkRowA = thread / THREADS_PER_ROW_A;
  let chunkRowB = thread / CHUNKS_PER_ROW_B;
  var rows : array<WalkA, SLOTS_A>;
  for (var s = 0u; s < SLOTS_A; s++) { // unrolled
    let m = min(row0 + select(8u * (chunkColumnA + s * COLUMN_STRIDE_A), chunkRowA + s * ROW_STRIDE_A, A_BY_K), M - 1u);
    if (s == 0u || !SIDE_BY_SIDE) {
      rows[s] = walkA(m);
    } else {
      rows[s] = neighbourA(rows[0], s * COLUMN_STRIDE_A, m);
    }
  }
  var addresses : array<AddressA, SLOTS_A>;
  var nextA : array<vec4u, STAGES * SLOTS_A>;
  var nextB : array<vec4u, STAGES * SLOTS_B>;
  var sums : array<Sums, FRAGS_M * FRAGS_N>;

  for (var stage = 0u; stage < STAGES; stage++) { // unrolled
    if (start + stage * BK < end) {
      for (var s = 0u; s < SLOTS_A; s++) { // unrolled
        addresses[s] = addressA(rows[s], start + stage * BK);
        nextA[stage * SLOTS_A + s] = chunkOfA(addresses[s], start + stage * BK, chunkRowA + s * ROW_STRIDE_A, chunkColumnA);
      }
      for (var s = 0u; s < SLOTS_B; s++) { // unrolled
        nextB[stage * SLOTS_B + s] = chunkOfB(start + stage * BK, column0, chunkRowB + s * (THREADS / CHUNKS_PER_ROW_B), chunkColumnB);
      }
    }
  }
  for (var k0 = start; k0 < end; k0 += STAGES * BK) {
    for (var stage = 0u; stage < STAGES; stage++) { // unrolled
      if (k0 + stage * BK < end) {
        for (var s = 0u; s < SLOTS_A; s++) { // unrolled
          if (CHUNKS_A % THREADS == 0u || thread + s * THREADS < CHUNKS_A) {
            tiles[stage * STAGE_SIZE + (chunkRowA + s * ROW_STRIDE_A) * PITCH_A + chunkColumnA + s * COLUMN_STRIDE_A] = nextA[stage * SLOTS_A + s];
          }
        }
        for (var s = 0u; s < SLOTS_B; s++) { // unrolled
          if (CHUNKS_B % THREADS == 0u || thread + s * THREADS < CHUNKS_B) {
            tiles[stage * STAGE_SIZE + SIZE_A + (chunkRowB + s * (THREADS / CHUNKS_PER_ROW_B)) * PITCH_B + chunkColumnB] = nextB[stage * SLOTS_B + s];
          }
        }
      }
      workgroupBarrier();
      if (k0 + (STAGES + stage) * BK < end) {
        let k1 = k0 + (STAGES + stage) * BK;
        if (RUN_A > 0u && k1 % max(RUN_A, 1u) == 0u) {
          for (var s = 0u; s < SLOTS_A; s++) { // unrolled
            addresses[s] = addressA(rows[s], k1);
          }
        }
        for (var s = 0u; s < SLOTS_A; s++) { // unrolled
          nextA[stage * SLOTS_A + s] = chunkOfA(addresses[s], k1, chunkRowA + s * ROW_STRIDE_A, chunkColumnA);
        }
        for (var s = 0u; s < SLOTS_B; s++) { // unrolled
          nextB[stage * SLOTS_B + s] = chunkOfB(k1, column0, chunkRowB + s * (THREADS / CHUNKS_PER_ROW_B), chunkColumnB);
        }
      }
      if (k0 + stage * BK < end) {
        for (var d = 0u; d < DEPTH; d++) { // unrolled
          var left : array<Left, FRAGS_M>;
          for (var i = 0u; i < FRAGS_M; i++) { // unrolled
            let m = (subgroupM * FRAGS_M + i) * 16u;
            if (A_BY_K) {
              left[i] = subgroupMatrixLoad<Left, row_major>(&tiles, stage * STAGE_SIZE + m * PITCH_A + d * 2u, PITCH_A);
            } else {
              left[i] = subgroupMatrixLoad<Left, col_major>(&tiles, stage * STAGE_SIZE + d * 16u * PITCH_A + m / 8u, PITCH_A);
            }
          }
          for (var j = 0u; j < FRAGS_N; j++) { // unrolled
            let n = (subgroupN * FRAGS_N + j) * 16u;
            var right : Right;
            if (B_BY_N) {
              right = subgroupMatrixLoad<Right, row_major>(&tiles, stage * STAGE_SIZE + SIZE_A + d * 16u * PITCH_B + n / 8u, PITCH_B);
            } else {
              right = subgroupMatrixLoad<Right, col_major>(&tiles, stage * STAGE_SIZE + SIZE_A + n * PITCH_B + d * 2u, PITCH_B);
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
      subgroupMatrixStore<row_major>(&tiles, subgroup * SLAB + j * 4u, sums[i * FRAGS_N + j], PITCH_C);
    }
    workgroupBarrier();
    for (var at = thread; at < SUBGROUPS_M * SUBGROUPS_N * 64u * FRAGS_N; at += THREADS) {
      let slab = at / (64u * FRAGS_N);
      let r = (at / (FRAGS_N * 4u)) % 16u;
      let quad = at % (FRAGS_N * 4u);
      let row = row0 + ((slab / SUBGROUPS_N) * FRAGS_M + i) * 16u + r;
      let column = column0 + (slab % SUBGROUPS_N) * FRAGS_N * 16u + quad * 4u;
      if (row < M && column < N) {
        store(split, row, column, bitcast<vec4f>(tiles[slab * SLAB + r * PITCH_C + quad]));
      }
    }
    workgroupBarrier();
  }
}
