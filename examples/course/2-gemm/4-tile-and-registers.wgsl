// C[m, n] = Σₖ A[m, k] · B[k, n], tiles in workgroup memory and 8 x 8 sums in the registers of each thread.
//
// Layout    A [M, K], B [K, N], C [M, N], f32, row-major, read and written as vec4f.
// Tile      64 x 128 values of C for each workgroup of 128 threads, in steps of 16 along k. A thread sums 8 rows x 8
//           columns: two vec4f, 64 columns apart, so that neighbouring threads read neighbouring vec4f of B's tile.
// Reads     64 x 16 and 16 x 128 values from memory for 64 x 128 x 16 multiplications and additions: 21 operations for
//           each byte. From workgroup memory 16 values for 64, where the kernel before has 2 for 1.
// Staging   A's tile is stored transposed, k by rows, so that a thread reads its 8 rows of one k as two vec4f. Four
//           values past the end of each row keep the threads that store a column off each other's memory bank.
// Needs     M a multiple of 64, N of 128, K of 16.
// Dispatch  N / 128 x M / 64 workgroups.
override M : u32;
override N : u32;
override K : u32;
@group(0) @binding(0) var<storage, read_write> c : array<vec4f>;
@group(0) @binding(1) var<storage, read> a : array<vec4f>;
@group(0) @binding(2) var<storage, read> b : array<vec4f>;
var<workgroup> tileA : array<array<vec4f, 17>, 16>; // [k][4 rows]
var<workgroup> tileB : array<array<vec4f, 32>, 16>; // [k][4 columns]

@compute @workgroup_size(128)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(local_invocation_index) thread : u32) {
  let row0 = 64u * group.y;
  let column0 = 32u * group.x; // in vec4f
  let threadM = thread / 16u; // rows 8 · threadM to 8 · threadM + 7 of the tile
  let threadN = thread % 16u;
  var sums : array<array<vec4f, 2>, 8>;
  for (var k0 = 0u; k0 < K; k0 += 16u) {
    for (var s = thread; s < 256u; s += 128u) { // 64 rows of four vec4f
      let m = s / 4u;
      let k = 4u * (s % 4u);
      let value = a[((row0 + m) * K + k0 + k) / 4u];
      for (var j = 0u; j < 4u; j++) {
        tileA[k + j][m / 4u][m % 4u] = value[j];
      }
    }
    for (var s = thread; s < 512u; s += 128u) { // 16 rows of 32 vec4f
      tileB[s / 32u][s % 32u] = b[(k0 + s / 32u) * (N / 4u) + column0 + s % 32u];
    }
    workgroupBarrier();
    for (var k = 0u; k < 16u; k++) {
      let b0 = tileB[k][threadN];
      let b1 = tileB[k][threadN + 16u];
      for (var q = 0u; q < 2u; q++) {
        let rows = tileA[k][2u * threadM + q];
        for (var i = 0u; i < 4u; i++) {
          sums[4u * q + i][0] = fma(vec4f(rows[i]), b0, sums[4u * q + i][0]);
          sums[4u * q + i][1] = fma(vec4f(rows[i]), b1, sums[4u * q + i][1]);
        }
      }
    }
    workgroupBarrier();
  }
  for (var i = 0u; i < 8u; i++) {
    let at = (row0 + 8u * threadM + i) * (N / 4u) + column0 + threadN;
    c[at] = sums[i][0];
    c[at + 16u] = sums[i][1];
  }
}
