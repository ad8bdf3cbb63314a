// Mean and squared deviation of interleaved chunks of rows:  for each (o, k, c) over the rows r = k, k + CHUNKS, k + 2 CHUNKS, … of x[o]
//   d_k = (p_k − p) + Σ(x − p_k) / n_k        m2_k = Σ(x − p_k)² − (Σ(x − p_k))² / n_k
// with p = x[o, 0, c], p_k = x[o, k, c], n_k = number of those rows.
//
// Numerics  deviations from a value of the chunk itself, so that neither a mean far from zero (100 ± 0.01) nor an odd first pixel cancels; x is
//           read once.
// Layout    x [OUTER, ROWS, C] as V = vec4f (four channels) or f32; out [OUTER, CHUNKS, 2, C], d before m2. GROUPS = C / width of V.
// Prelude   alias V; WG, OUTER, GROUPS; CHUNKS ≤ ROWS follow from the lengths.
// Compiling Row counts come from buffer lengths, here and in the rest of the family: layers of one width share a pipeline, and no driver unrolls the loops (llvmpipe
//           took 1 to 3 s for a merge of 32 known chunks, 0.1 s for an unknown number).
// Dispatch  one invocation per (o, k, channel group), groups fastest: neighbours read neighbours, and the loop has no division.
@group(0) @binding(0) var<storage, read_write> out : array<V>;
@group(0) @binding(1) var<storage, read> x : array<V>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u, @builtin(local_invocation_index) lane : u32) {
  let rows = arrayLength(&x) / (OUTER * GROUPS);
  let chunks = arrayLength(&out) / (OUTER * 2u * GROUPS);
  let index = (group.y * groups.x + group.x) * WG + lane;
  if (index >= OUTER * chunks * GROUPS) {
    return;
  }
  let c = index % GROUPS;
  let chunk = (index / GROUPS) % chunks;
  let outer = index / (GROUPS * chunks);
  let first = (outer * rows + chunk) * GROUPS + c;
  let pivot = x[first];
  var sum = V(0.0);
  var squares = V(0.0);
  var at = first + chunks * GROUPS;
  for (var r = chunk + chunks; r < rows; r += chunks) {
    let d = x[at] - pivot;
    sum += d;
    squares += d * d;
    at += chunks * GROUPS;
  }
  let n = f32((rows - chunk + chunks - 1u) / chunks);
  let mean = sum / n;
  let base = ((outer * chunks + chunk) * 2u) * GROUPS + c;
  out[base] = (pivot - x[outer * rows * GROUPS + c]) + mean;
  out[base + GROUPS] = max(squares - sum * mean, V(0.0));
}
