// C[m, n] = Σₖ A[m, k] · B[k, n], tiles in workgroup memory.
//
// Layout    A [M, K], B [K, N], C [M, N], f32, row-major.
// Tile      16 x 16 values of C for each workgroup, one for each thread, in steps of 16 along k. A step brings 16 x 16
//           values of A and as many of B into workgroup memory, a value of each by each thread.
// Reads     2 values from memory for 16 multiplications and additions: 4 operations for each byte. But each of these
//           needs 2 values from workgroup memory, which is faster than memory, though far from fast enough.
// Needs     M, N and K multiples of 16.
// Dispatch  N / 16 x M / 16 workgroups.
override M : u32;
override N : u32;
override K : u32;
@group(0) @binding(0) var<storage, read_write> c : array<f32>;
@group(0) @binding(1) var<storage, read> a : array<f32>;
@group(0) @binding(2) var<storage, read> b : array<f32>;
var<workgroup> tileA : array<array<f32, 16>, 16>;
var<workgroup> tileB : array<array<f32, 16>, 16>;

@compute @workgroup_size(16, 16)
fn main(@builtin(global_invocation_id) id : vec3u, @builtin(local_invocation_id) at : vec3u) {
  var sum = 0.0;
  for (var k0 = 0u; k0 < K; k0 += 16u) {
    tileA[at.y][at.x] = a[id.y * K + k0 + at.x];
    tileB[at.y][at.x] = b[(k0 + at.y) * N + id.x];
    workgroupBarrier(); // the tile is complete
    for (var k = 0u; k < 16u; k++) {
      sum += tileA[at.y][k] * tileB[k][at.x];
    }
    workgroupBarrier(); // nobody reads it any more
  }
  c[id.y * N + id.x] = sum;
}
