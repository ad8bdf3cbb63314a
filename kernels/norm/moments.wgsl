// Mean and squared deviation of interleaved chunks of rows:  for each (o, k, c) over the rows r = k, k + CHUNKS, k + 2 CHUNKS, … of x[o]
//   d_k = (p_k − p) + Σ(x − p_k) / n_k        m2_k = Σ(x − p_k)² − (Σ(x − p_k))² / n_k
// with p = x[o, 0, c], p_k = x[o, k, c], n_k = number of those rows.
//
// Numerics  deviations from a value of the chunk itself, so that neither a mean far from zero (100 ± 0.01) nor an odd first pixel cancels; x is
//           read once.
// Layout    x [OUTER, ROWS, C] as V = vec4f (four channels) or f32; out [OUTER, CHUNKS, 2, C], d before m2. GROUPS = C / width of V.
// Prelude   alias V; WG, OUTER, ROWS, GROUPS, CHUNKS ≤ ROWS.
// Dispatch  one invocation per (o, k, channel group), groups fastest: neighbours read neighbours, and the loop has no division.
@group(0) @binding(0) var<storage, read_write> out : array<V>;
@group(0) @binding(1) var<storage, read> x : array<V>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u, @builtin(local_invocation_index) lane : u32) {
  let index = (group.y * groups.x + group.x) * WG + lane;
  if (index >= OUTER * CHUNKS * GROUPS) {
    return;
  }
  let c = index % GROUPS;
  let chunk = (index / GROUPS) % CHUNKS;
  let outer = index / (GROUPS * CHUNKS);
  let first = (outer * ROWS + chunk) * GROUPS + c;
  let pivot = x[first];
  var sum = V(0.0);
  var squares = V(0.0);
  var at = first + CHUNKS * GROUPS;
  for (var r = chunk + CHUNKS; r < ROWS; r += CHUNKS) {
    let d = x[at] - pivot;
    sum += d;
    squares += d * d;
    at += CHUNKS * GROUPS;
  }
  let n = f32((ROWS - chunk + CHUNKS - 1u) / CHUNKS);
  let mean = sum / n;
  let base = ((outer * CHUNKS + chunk) * 2u) * GROUPS + c;
  out[base] = (pivot - x[outer * ROWS * GROUPS + c]) + mean;
  out[base + GROUPS] = max(squares - sum * mean, V(0.0));
}
