// C[m, n] = Σₖ A[m, k] · B[k, n], as in 4-tile-and-registers.wgsl, but the next tile is under way while this one is
// multiplied.
//
// Layout    A [M, K], B [K, N], C [M, N], f32, row-major, read and written as vec4f.
// Tile      64 x 128 values of C for each workgroup of 128 threads, in steps of 16 along k; 8 x 8 for each thread.
// Staging   a thread loads its part of the next tile into registers, two vec4f of A and four of B, before it
//           multiplies. Nothing uses these values until the next round stores them, so the loads and the products
//           overlap. A load from memory takes hundreds of cycles, for which version 4 waits in every step.
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
  let threadM = thread / 16u;
  let threadN = thread % 16u;
  var sums : array<array<vec4f, 2>, 8>;
  var nextA : array<vec4f, 2>;
  var nextB : array<vec4f, 4>;
  for (var k0 = 0u; k0 < K + 16u; k0 += 16u) { // a round more than there are tiles: the first one has none to multiply
    if (k0 > 0u) {
      workgroupBarrier();
      for (var s = 0u; s < 2u; s++) {
        let m = (thread + 128u * s) / 4u;
        let k = 4u * (thread % 4u);
        for (var j = 0u; j < 4u; j++) {
          tileA[k + j][m / 4u][m % 4u] = nextA[s][j];
        }
      }
      for (var s = 0u; s < 4u; s++) {
        tileB[thread / 32u + 4u * s][thread % 32u] = nextB[s];
      }
      workgroupBarrier();
    }
    if (k0 < K) {
      for (var s = 0u; s < 2u; s++) {
        nextA[s] = a[((row0 + (thread + 128u * s) / 4u) * K + k0) / 4u + thread % 4u];
      }
      for (var s = 0u; s < 4u; s++) {
        nextB[s] = b[(k0 + thread / 32u + 4u * s) * (N / 4u) + column0 + thread % 32u];
      }
    }
    if (k0 > 0u) {
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
    }
  }
  for (var i = 0u; i < 8u; i++) {
    let at = (row0 + 8u * threadM + i) * (N / 4u) + column0 + threadN;
    c[at] = sums[i][0];
    c[at + 16u] = sums[i][1];
  }
}
