// Mean and biased variance of all rows from the moments of chunks (Chan's rule, fixed order):
//   mean = mean_0 + Σ n_k (mean_k − mean_0) / ROWS        var = Σ (m2_k + n_k (mean_k − mean)²) / ROWS
//
// Layout    parts [OUTER, CHUNKS, 2, C] from moments.wgsl; out [OUTER, 2, C], mean before variance. V and GROUPS as there.
// Prelude   alias V; WG, OUTER, ROWS, GROUPS, CHUNKS.
// Dispatch  one invocation per (o, channel group).
@group(0) @binding(0) var<storage, read_write> out : array<V>;
@group(0) @binding(1) var<storage, read> parts : array<V>;

fn rowsOf(chunk : u32) -> f32 {
  return f32((ROWS - chunk + CHUNKS - 1u) / CHUNKS);
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u, @builtin(local_invocation_index) lane : u32) {
  let index = (group.y * groups.x + group.x) * WG + lane;
  if (index >= OUTER * GROUPS) {
    return;
  }
  let c = index % GROUPS;
  let outer = index / GROUPS;
  let base = outer * CHUNKS * 2u * GROUPS + c;
  let pivot = parts[base];
  var shift = V(0.0);
  for (var k = 1u; k < CHUNKS; k++) {
    shift += rowsOf(k) * (parts[base + 2u * k * GROUPS] - pivot);
  }
  shift /= f32(ROWS);
  var m2 = V(0.0);
  for (var k = 0u; k < CHUNKS; k++) {
    let d = parts[base + 2u * k * GROUPS] - pivot - shift;
    m2 += parts[base + (2u * k + 1u) * GROUPS] + rowsOf(k) * d * d;
  }
  out[outer * 2u * GROUPS + c] = pivot + shift;
  out[(outer * 2u + 1u) * GROUPS + c] = m2 / f32(ROWS);
}
