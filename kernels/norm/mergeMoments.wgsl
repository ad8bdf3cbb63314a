// Mean and biased variance of all rows from the moments of chunks (Chan's rule, fixed order):
//   d = Σ n_k d_k / ROWS        mean = p + d        var = Σ (m2_k + n_k (d_k − d)²) / ROWS
//
// Numerics  p and d are kept beside their rounded sum. x − mean would lose what the rounding lost: x̂ would have a mean of its own when the mean is
//           much larger than the deviation. (x − p) − d does not.
// Layout    parts [OUTER, CHUNKS, 2, C] from moments.wgsl, x as there; out [OUTER, 4, C]: mean, variance, p, d. V and GROUPS as there.
// Prelude   alias V; WG, OUTER, GROUPS; fn observe(c : u32, mean : V, variance : V, rows : f32), which batch norm fills with the move of its running
//           statistics (bindings from 3 on): they then cost no launch of their own.
// Dispatch  one invocation per (o, channel group).
@group(0) @binding(0) var<storage, read_write> out : array<V>;
@group(0) @binding(1) var<storage, read> parts : array<V>;
@group(0) @binding(2) var<storage, read> x : array<V>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u, @builtin(local_invocation_index) lane : u32) {
  let rows = arrayLength(&x) / (OUTER * GROUPS);
  let chunks = arrayLength(&parts) / (OUTER * 2u * GROUPS);
  let index = (group.y * groups.x + group.x) * WG + lane;
  if (index >= OUTER * GROUPS) {
    return;
  }
  let c = index % GROUPS;
  let outer = index / GROUPS;
  let base = outer * chunks * 2u * GROUPS + c;
  let pivot = x[outer * rows * GROUPS + c];
  // Chunk k has as many rows as the others, or one more.
  let whole = rows / chunks;
  let rest = rows % chunks;
  var shift = V(0.0);
  for (var k = 0u; k < chunks; k++) {
    shift += f32(whole + u32(k < rest)) * parts[base + 2u * k * GROUPS];
  }
  shift /= f32(rows);
  var m2 = V(0.0);
  for (var k = 0u; k < chunks; k++) {
    let d = parts[base + 2u * k * GROUPS] - shift;
    m2 += parts[base + (2u * k + 1u) * GROUPS] + f32(whole + u32(k < rest)) * d * d;
  }
  let at = outer * 4u * GROUPS + c;
  let variance = m2 / f32(rows);
  out[at] = pivot + shift;
  out[at + GROUPS] = variance;
  out[at + 2u * GROUPS] = pivot;
  out[at + 3u * GROUPS] = shift;
  observe(c, pivot + shift, variance, f32(rows));
}
