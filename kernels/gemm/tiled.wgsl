// GEMM with tiles in workgroup memory:  C[m, n] = Σₖ A[m, k] · B[k, n]
//
// Tile      a workgroup computes BM x BN of C in steps of BK along k; a thread sums TM rows x 4·TQ columns in
//           registers.
// Staging   the next tile is loaded into registers while the current one is multiplied, so one tile of workgroup memory
//           suffices. A is stored transposed (four rows per vec4), so that a thread reads its rows and its columns as
//           vec4. A pad of one vec4 per row spreads the transposing stores over the memory banks.
// Loops     marked "unrolled" are written out on GPUs (unroll.ts): 37 instead of 33 TFLOP/s on an H100.
// Prelude   M, N, K, BM, BN, BK, TM, TQ, THREADS = (BM / TM) · (BN / 4 / TQ), a multiple of BK / 4, BM / 4 and BN / 4;
//           TILES_N; K_CHUNK (a multiple of BK); A_BY_K: the four values of loadA run along k, else along m; QUADS_M =
//           TM / 4, SLOTS_A = BM · BK / 4 / THREADS and SLOTS_B alike: the vec4 that a thread stages; loaders of A and
//           B and an epilogue (README.md).
// Dispatch  x·y = tiles, those of one row of tiles first; z = splits of K x batch, which begin(z) takes apart
//           (launch.ts).
const PITCH_A = BM / 4u + 1u;
const PITCH_B = BN / 4u;
const THREADS_N = BN / (4u * TQ);

var<workgroup> tileA : array<vec4f, BK * PITCH_A>;
var<workgroup> tileB : array<vec4f, BK * PITCH_B>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u, @builtin(local_invocation_index) thread : u32) {
  let split = begin(group.z);
  let tile = group.y * groups.x + group.x;
  let column0 = (tile % TILES_N) * BN;
  let row0 = (tile / TILES_N) * BM;
  let start = split * K_CHUNK;
  let end = min(K, start + K_CHUNK);

  var rows : array<RowA, SLOTS_A>;
  for (var s = 0u; s < SLOTS_A; s++) { // unrolled
    let at = thread + s * THREADS;
    rows[s] = rowA(min(row0 + select(4u * (at % (BM / 4u)), at / (BK / 4u), A_BY_K), M - 1u));
  }
  var nextA : array<vec4f, SLOTS_A>;
  var nextB : array<vec4f, SLOTS_B>;
  var acc : array<array<vec4f, TQ>, TM>;
  let threadN = thread % THREADS_N;
  let threadM = thread / THREADS_N;

  for (var k0 = start; k0 < end + BK; k0 += BK) {
    if (k0 > start) {
      workgroupBarrier();
      stageA(thread, &nextA);
      for (var s = 0u; s < SLOTS_B; s++) { // unrolled
        tileB[thread + s * THREADS] = nextB[s];
      }
      workgroupBarrier();
    }
    if (k0 < end) {
      for (var s = 0u; s < SLOTS_A; s++) { // unrolled
        let at = thread + s * THREADS;
        let k = k0 + select(at / (BM / 4u), 4u * (at % (BK / 4u)), A_BY_K);
        nextA[s] = select(vec4f(), loadA(rows[s], stepA(k)), k < end);
      }
      for (var s = 0u; s < SLOTS_B; s++) { // unrolled
        let at = thread + s * THREADS;
        nextB[s] = loadB(k0 + at / PITCH_B, column0 + 4u * (at % PITCH_B));
      }
    }
    if (k0 > start) {
      for (var k = 0u; k < BK; k++) { // unrolled
        var b : array<vec4f, TQ>;
        for (var q = 0u; q < TQ; q++) { // unrolled
          b[q] = tileB[k * PITCH_B + q * THREADS_N + threadN];
        }
        for (var i = 0u; i < QUADS_M; i++) { // unrolled
          let a = tileA[k * PITCH_A + threadM * QUADS_M + i];
          for (var q = 0u; q < TQ; q++) { // unrolled
            acc[4u * i][q] = fma(vec4f(a.x), b[q], acc[4u * i][q]);
            acc[4u * i + 1u][q] = fma(vec4f(a.y), b[q], acc[4u * i + 1u][q]);
            acc[4u * i + 2u][q] = fma(vec4f(a.z), b[q], acc[4u * i + 2u][q]);
            acc[4u * i + 3u][q] = fma(vec4f(a.w), b[q], acc[4u * i + 3u][q]);
          }
        }
      }
    }
  }
  for (var i = 0u; i < TM; i++) { // unrolled
    let row = row0 + threadM * TM + i;
    for (var q = 0u; q < TQ; q++) { // unrolled
      let column = column0 + 4u * (q * THREADS_N + threadN);
      if (row < M && column < N) {
        store(split, row, column, acc[i][q]);
      }
    }
  }
}

fn stageA(thread : u32, values : ptr<function, array<vec4f, SLOTS_A>>) {
  for (var s = 0u; s < SLOTS_A; s++) { // unrolled
    let at = thread + s * THREADS;
    let value = (*values)[s];
    if (A_BY_K) {
      let m = at / (BK / 4u);
      let k = 4u * (at % (BK / 4u));
      tileA[k * PITCH_A + m / 4u][m % 4u] = value.x;
      tileA[(k + 1u) * PITCH_A + m / 4u][m % 4u] = value.y;
      tileA[(k + 2u) * PITCH_A + m / 4u][m % 4u] = value.z;
      tileA[(k + 3u) * PITCH_A + m / 4u][m % 4u] = value.w;
    } else {
      tileA[(at / (BM / 4u)) * PITCH_A + at % (BM / 4u)] = value;
    }
  }
}
