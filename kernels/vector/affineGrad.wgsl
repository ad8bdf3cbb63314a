// Gradient of an affine map of a few rows, y = x · W + b, with respect to its parameters:
//   dW[k, n] = Σ over r of x[r, k] · g[r, n]        db[n] = Σ g[r, n]
//
// With few rows the cost is that of writing dW once.
// Layout    x [ROWS, K]; g [ROWS, N], dW [K, N], db [N] as V (vec4f or f32). WIDTH = N / width of V.
// Prelude   alias V; WG, K, WIDTH. ROWS follows from the lengths.
// Dispatch  one thread per V of dW.
@group(0) @binding(0) var<storage, read_write> dW : array<V>;
@group(0) @binding(1) var<storage, read_write> db : array<V>;
@group(0) @binding(2) var<storage, read> x : array<f32>;
@group(0) @binding(3) var<storage, read> g : array<V>;

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) groups : vec3u,
  @builtin(local_invocation_index) thread : u32,
) {
  let i = (group.y * groups.x + group.x) * WG + thread;
  if (i >= K * WIDTH) {
    return;
  }
  let k = i / WIDTH;
  let c = i % WIDTH;
  let rows = arrayLength(&x) / K;
  var sum = V(0.0);
  var plain = V(0.0);
  for (var r = 0u; r < rows; r++) {
    let slope = g[r * WIDTH + c];
    sum += x[r * K + k] * slope;
    plain += slope;
  }
  dW[i] = sum;
  if (k == 0u) {
    db[c] = plain;
  }
}
