// C[m, n] = Σₖ A[m, k] · B[k, n], the definition: a thread for each value of C.
//
// Layout    A [M, K], B [K, N], C [M, N], f32, row-major: neighbours along the last axis are neighbours in memory.
// Tile      none. Threads next to each other along x read the same value of A and neighbouring values of B.
// Reads     2 values from memory for each multiplication and addition: 0.25 operations for each byte.
// Needs     M and N multiples of 16.
// Dispatch  N / 16 x M / 16 workgroups.
override M : u32;
override N : u32;
override K : u32;
@group(0) @binding(0) var<storage, read_write> c : array<f32>;
@group(0) @binding(1) var<storage, read> a : array<f32>;
@group(0) @binding(2) var<storage, read> b : array<f32>;

@compute @workgroup_size(16, 16)
fn main(@builtin(global_invocation_id) id : vec3u) {
  let row = id.y;
  let column = id.x;
  var sum = 0.0;
  for (var k = 0u; k < K; k++) {
    sum += a[row * K + k] * b[k * N + column];
  }
  c[row * N + column] = sum;
}
