// The five sums that the second derivative of a norm needs, by interleaved chunks of rows:
//   out[o, k, 0 … 4, c] = Σ u, Σ u·x̂, Σ g, Σ g·x̂, Σ u·g        with x̂ = (x − mean) / √(var + EPS)
//
// Layout    x, u, g [OUTER, ROWS, C]; stats [OUTER, 4, C] from mergeMoments.wgsl; out [OUTER, CHUNKS, 5, C]. V = vec4f or f32; GROUPS = C / width of V.
// Prelude   alias V; WG, OUTER, GROUPS, EPS.
// Dispatch  one invocation per (o, chunk, channel group).
@group(0) @binding(0) var<storage, read_write> out : array<V>;
@group(0) @binding(1) var<storage, read> x : array<V>;
@group(0) @binding(2) var<storage, read> stats : array<V>;
@group(0) @binding(3) var<storage, read> us : array<V>;
@group(0) @binding(4) var<storage, read> gs : array<V>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u, @builtin(local_invocation_index) lane : u32) {
  let rows = arrayLength(&x) / (OUTER * GROUPS);
  let chunks = arrayLength(&out) / (OUTER * 5u * GROUPS);
  let index = (group.y * groups.x + group.x) * WG + lane;
  if (index >= OUTER * chunks * GROUPS) {
    return;
  }
  let c = index % GROUPS;
  let chunk = (index / GROUPS) % chunks;
  let outer = index / (GROUPS * chunks);
  let pivot = stats[(outer * 4u + 2u) * GROUPS + c];
  let offset = stats[(outer * 4u + 3u) * GROUPS + c];
  let rstd = V(1.0) / sqrt(stats[(outer * 4u + 1u) * GROUPS + c] + EPS);
  var sums : array<V, 5>;
  var i = (outer * rows + chunk) * GROUPS + c;
  for (var r = chunk; r < rows; r += chunks) {
    let normal = (x[i] - pivot - offset) * rstd;
    let u = us[i];
    let g = gs[i];
    sums[0] += u;
    sums[1] += u * normal;
    sums[2] += g;
    sums[3] += g * normal;
    sums[4] += u * g;
    i += chunks * GROUPS;
  }
  let base = (outer * chunks + chunk) * 5u * GROUPS + c;
  for (var q = 0u; q < 5u; q++) {
    out[base + q * GROUPS] = sums[q];
  }
}
