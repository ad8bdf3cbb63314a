// C[m, n] = Σₖ A[m, k] · B[k, n], a square of 4 x 4 sums in the registers of each thread.
//
// Layout    A [M, K], B [K, N], C [M, N], f32, row-major, read and written as vec4f: four neighbours at once.
// Tile      4 rows x 4 columns for each thread, in steps of 4 along k.
// Reads     4 vec4f of A and 4 of B for 64 multiplications and additions: 1 operation for each byte.
// Why       a value that is loaded is used four times. Software adapters want this kernel and nothing more, because
//           their workgroup memory is ordinary memory, and a barrier between threads costs more than it saves.
// Needs     M a multiple of 16, N of 64, K of 4.
// Dispatch  N / 64 x M / 16 workgroups.
override M : u32;
override N : u32;
override K : u32;
@group(0) @binding(0) var<storage, read_write> c : array<vec4f>;
@group(0) @binding(1) var<storage, read> a : array<vec4f>;
@group(0) @binding(2) var<storage, read> b : array<vec4f>;

@compute @workgroup_size(16, 4)
fn main(@builtin(global_invocation_id) id : vec3u) {
  let row = 4u * id.y;
  let column = id.x; // in vec4f
  var sums : array<vec4f, 4>;
  for (var k = 0u; k < K; k += 4u) {
    let b0 = b[k * (N / 4u) + column];
    let b1 = b[(k + 1u) * (N / 4u) + column];
    let b2 = b[(k + 2u) * (N / 4u) + column];
    let b3 = b[(k + 3u) * (N / 4u) + column];
    for (var i = 0u; i < 4u; i++) {
      let av = a[((row + i) * K + k) / 4u];
      sums[i] = fma(vec4f(av.x), b0, fma(vec4f(av.y), b1, fma(vec4f(av.z), b2, fma(vec4f(av.w), b3, sums[i]))));
    }
  }
  for (var i = 0u; i < 4u; i++) {
    c[(row + i) * (N / 4u) + column] = sums[i];
  }
}
