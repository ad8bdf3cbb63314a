// C[m, n] = Σₖ A[m, k] · B[k, n], on subgroup matrices: f16 operands, f32 sums.
//
// Layout    A [M, K], B [K, N] f16, C [M, N] f32, row-major.
// Tile      a subgroup computes 32 x 32 values of C as four squares of 16 x 16, in steps of 16 along k. No thread has a
//           value of its own: a matrix belongs to the subgroup, spread over its registers as the hardware likes it, and
//           `subgroupMatrixMultiplyAccumulate` is one or a few instructions for 4096 multiplications and additions. The
//           4 subgroups of a workgroup make 64 x 64.
// Reads     each subgroup 2 x 32 x 16 values from memory for 32 x 32 x 16 multiplications and additions: 16 operations
//           for each byte. The four share nothing but what the caches keep.
// Needs     the features shader-f16, subgroups and chromium-experimental-subgroup-matrix, subgroups of 32 threads; M
//           and N multiples of 64, K of 16.
// Dispatch  N / 64 x M / 64 workgroups.
enable f16;
enable subgroups;
enable chromium_experimental_subgroup_matrix;
override M : u32;
override N : u32;
override K : u32;
@group(0) @binding(0) var<storage, read_write> c : array<f32>;
@group(0) @binding(1) var<storage, read> a : array<f16>;
@group(0) @binding(2) var<storage, read> b : array<f16>;
alias Left = subgroup_matrix_left<f16, 16, 16>;
alias Right = subgroup_matrix_right<f16, 16, 16>;
alias Sums = subgroup_matrix_result<f32, 16, 16>;

@compute @workgroup_size(128)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(subgroup_id) subgroup : u32) {
  let row = 64u * group.y + 32u * (subgroup / 2u);
  let column = 64u * group.x + 32u * (subgroup % 2u);
  var sums00 = Sums();
  var sums01 = Sums();
  var sums10 = Sums();
  var sums11 = Sums();
  for (var k = 0u; k < K; k += 16u) {
    let left0 = subgroupMatrixLoad<Left, row_major>(&a, row * K + k, K);
    let left1 = subgroupMatrixLoad<Left, row_major>(&a, (row + 16u) * K + k, K);
    let right0 = subgroupMatrixLoad<Right, row_major>(&b, k * N + column, N);
    let right1 = subgroupMatrixLoad<Right, row_major>(&b, k * N + column + 16u, N);
    sums00 = subgroupMatrixMultiplyAccumulate(left0, right0, sums00);
    sums01 = subgroupMatrixMultiplyAccumulate(left0, right1, sums01);
    sums10 = subgroupMatrixMultiplyAccumulate(left1, right0, sums10);
    sums11 = subgroupMatrixMultiplyAccumulate(left1, right1, sums11);
  }
  subgroupMatrixStore<row_major>(&c, row * N + column, sums00, N);
  subgroupMatrixStore<row_major>(&c, row * N + column + 16u, sums01, N);
  subgroupMatrixStore<row_major>(&c, (row + 16u) * N + column, sums10, N);
  subgroupMatrixStore<row_major>(&c, (row + 16u) * N + column + 16u, sums11, N);
}
