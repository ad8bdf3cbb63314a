// C[m, n] = Σₖ A[m, k] · B[k, n], on subgroup matrices with tiles in workgroup memory: f16 operands, f32 sums.
//
// Layout    A [M, K], B [K, N] f16, C [M, N] f32, row-major; A and B are read as vec4u, eight f16 at once.
// Tile      128 x 128 values of C for each workgroup, in steps of 16 along k; each of its 4 subgroups has 64 x 64, that
//           is 4 x 4 squares of 16 x 16. They have names and not indices, because an array of matrices that a loop
//           indexes would leave the registers.
// Reads     2 x 128 x 16 values from memory for 128 x 128 x 16 multiplications and additions: 64 operations for each
//           byte.
// Staging   as in 5-staged.wgsl: the next tile waits in registers. A vec4u past the end of each row of a tile puts the
//           rows that a subgroup reads together on different banks.
// Needs     the features shader-f16, subgroups and chromium-experimental-subgroup-matrix, subgroups of 32 threads; M
//           and N multiples of 128, K of 16.
// Dispatch  N / 128 x M / 128 workgroups.
enable f16;
enable subgroups;
enable chromium_experimental_subgroup_matrix;
override M : u32;
override N : u32;
override K : u32;
@group(0) @binding(0) var<storage, read_write> c : array<f32>;
@group(0) @binding(1) var<storage, read> a : array<vec4u>;
@group(0) @binding(2) var<storage, read> b : array<vec4u>;
alias Left = subgroup_matrix_left<f16, 16, 16>;
alias Right = subgroup_matrix_right<f16, 16, 16>;
alias Sums = subgroup_matrix_result<f32, 16, 16>;

const PITCH_A = 3u; // vec4u from row to row: 16 values of k are two, and one is the pad
const PITCH_B = 17u; // 128 columns are sixteen
const TILE_A = 128u * PITCH_A;
var<workgroup> tiles : array<vec4u, TILE_A + 16u * PITCH_B>;

@compute @workgroup_size(128)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(local_invocation_index) thread : u32, @builtin(subgroup_id) subgroup : u32) {
  // The first of this thread's two vec4u of A, whose second lies 64 rows below; and of B, 8 rows below.
  let fromA = (128u * group.y + thread / 2u) * (K / 8u) + thread % 2u;
  let fromB = thread / 16u * (N / 8u) + 16u * group.x + thread % 16u;
  let toA = thread / 2u * PITCH_A + thread % 2u;
  let toB = TILE_A + thread / 16u * PITCH_B + thread % 16u;
  let row = 64u * (subgroup / 2u); // of the tile
  let column = 8u * (subgroup % 2u); // in vec4u
  var sums00 = Sums();
  var sums01 = Sums();
  var sums02 = Sums();
  var sums03 = Sums();
  var sums10 = Sums();
  var sums11 = Sums();
  var sums12 = Sums();
  var sums13 = Sums();
  var sums20 = Sums();
  var sums21 = Sums();
  var sums22 = Sums();
  var sums23 = Sums();
  var sums30 = Sums();
  var sums31 = Sums();
  var sums32 = Sums();
  var sums33 = Sums();
  var nextA0 = a[fromA];
  var nextA1 = a[fromA + 64u * (K / 8u)];
  var nextB0 = b[fromB];
  var nextB1 = b[fromB + 8u * (N / 8u)];
  for (var k = 0u; k < K; k += 16u) {
    workgroupBarrier(); // nobody reads the last tile any more
    tiles[toA] = nextA0;
    tiles[toA + 64u * PITCH_A] = nextA1;
    tiles[toB] = nextB0;
    tiles[toB + 8u * PITCH_B] = nextB1;
    workgroupBarrier();
    if (k + 16u < K) {
      nextA0 = a[fromA + (k + 16u) / 8u];
      nextA1 = a[fromA + (k + 16u) / 8u + 64u * (K / 8u)];
      nextB0 = b[fromB + (k + 16u) * (N / 8u)];
      nextB1 = b[fromB + (k + 24u) * (N / 8u)];
    }
    let left0 = subgroupMatrixLoad<Left, row_major>(&tiles, (row + 0u) * PITCH_A, PITCH_A);
    let left1 = subgroupMatrixLoad<Left, row_major>(&tiles, (row + 16u) * PITCH_A, PITCH_A);
    let left2 = subgroupMatrixLoad<Left, row_major>(&tiles, (row + 32u) * PITCH_A, PITCH_A);
    let left3 = subgroupMatrixLoad<Left, row_major>(&tiles, (row + 48u) * PITCH_A, PITCH_A);
    let right0 = subgroupMatrixLoad<Right, row_major>(&tiles, TILE_A + column + 0u, PITCH_B);
    sums00 = subgroupMatrixMultiplyAccumulate(left0, right0, sums00);
    sums10 = subgroupMatrixMultiplyAccumulate(left1, right0, sums10);
    sums20 = subgroupMatrixMultiplyAccumulate(left2, right0, sums20);
    sums30 = subgroupMatrixMultiplyAccumulate(left3, right0, sums30);
    let right1 = subgroupMatrixLoad<Right, row_major>(&tiles, TILE_A + column + 2u, PITCH_B);
    sums01 = subgroupMatrixMultiplyAccumulate(left0, right1, sums01);
    sums11 = subgroupMatrixMultiplyAccumulate(left1, right1, sums11);
    sums21 = subgroupMatrixMultiplyAccumulate(left2, right1, sums21);
    sums31 = subgroupMatrixMultiplyAccumulate(left3, right1, sums31);
    let right2 = subgroupMatrixLoad<Right, row_major>(&tiles, TILE_A + column + 4u, PITCH_B);
    sums02 = subgroupMatrixMultiplyAccumulate(left0, right2, sums02);
    sums12 = subgroupMatrixMultiplyAccumulate(left1, right2, sums12);
    sums22 = subgroupMatrixMultiplyAccumulate(left2, right2, sums22);
    sums32 = subgroupMatrixMultiplyAccumulate(left3, right2, sums32);
    let right3 = subgroupMatrixLoad<Right, row_major>(&tiles, TILE_A + column + 6u, PITCH_B);
    sums03 = subgroupMatrixMultiplyAccumulate(left0, right3, sums03);
    sums13 = subgroupMatrixMultiplyAccumulate(left1, right3, sums13);
    sums23 = subgroupMatrixMultiplyAccumulate(left2, right3, sums23);
    sums33 = subgroupMatrixMultiplyAccumulate(left3, right3, sums33);
  }
  let at = (128u * group.y + row) * N + 128u * group.x + 8u * column;
  subgroupMatrixStore<row_major>(&c, at, sums00, N);
  subgroupMatrixStore<row_major>(&c, at + 16u, sums01, N);
  subgroupMatrixStore<row_major>(&c, at + 32u, sums02, N);
  subgroupMatrixStore<row_major>(&c, at + 48u, sums03, N);
  subgroupMatrixStore<row_major>(&c, at + 16u * N, sums10, N);
  subgroupMatrixStore<row_major>(&c, at + 16u * N + 16u, sums11, N);
  subgroupMatrixStore<row_major>(&c, at + 16u * N + 32u, sums12, N);
  subgroupMatrixStore<row_major>(&c, at + 16u * N + 48u, sums13, N);
  subgroupMatrixStore<row_major>(&c, at + 32u * N, sums20, N);
  subgroupMatrixStore<row_major>(&c, at + 32u * N + 16u, sums21, N);
  subgroupMatrixStore<row_major>(&c, at + 32u * N + 32u, sums22, N);
  subgroupMatrixStore<row_major>(&c, at + 32u * N + 48u, sums23, N);
  subgroupMatrixStore<row_major>(&c, at + 48u * N, sums30, N);
  subgroupMatrixStore<row_major>(&c, at + 48u * N + 16u, sums31, N);
  subgroupMatrixStore<row_major>(&c, at + 48u * N + 32u, sums32, N);
  subgroupMatrixStore<row_major>(&c, at + 48u * N + 48u, sums33, N);
}
