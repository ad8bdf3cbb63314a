// Second derivative of a norm:  out = ∂/∂x ⟨u, J(x) g⟩, where J(x) is the Jacobian of x̂ = (x − ⟨x⟩) / √(var + EPS)
//   out = −r² · ((c − 3ab) · x̂ + b · (u − ⟨u⟩) + a · (g − ⟨g⟩))        r = 1 / √(var + EPS), a = ⟨u x̂⟩, b = ⟨g x̂⟩, c = ⟨u g⟩ − ⟨u⟩⟨g⟩
// where ⟨·⟩ is the mean over rows. Symmetric in u and g.
//
// Layout    x, u, g, out [OUTER, ROWS, C]; stats [OUTER, 4, C]; sums [OUTER, 5, C] as in curvatureSums.wgsl. V = vec4f or f32; GROUPS = C / width of V.
// Prelude   as curvatureSums.wgsl.
// Dispatch  one invocation per (o, chunk, channel group) over rows chunk, chunk + CHUNKS, ….
@group(0) @binding(0) var<storage, read_write> out : array<V>;
@group(0) @binding(1) var<storage, read> x : array<V>;
@group(0) @binding(2) var<storage, read> stats : array<V>;
@group(0) @binding(3) var<storage, read> us : array<V>;
@group(0) @binding(4) var<storage, read> gs : array<V>;
@group(0) @binding(5) var<storage, read> sums : array<V>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u, @builtin(local_invocation_index) lane : u32) {
  let rows = arrayLength(&x) / (OUTER * GROUPS);
  let chunks = (rows + PER_THREAD - 1u) / PER_THREAD;
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
  var means : array<V, 5>;
  for (var q = 0u; q < 5u; q++) {
    means[q] = sums[(outer * 5u + q) * GROUPS + c] / f32(rows);
  }
  let a = means[1];
  let b = means[3];
  let along = means[4] - means[0] * means[2] - 3.0 * a * b;
  var i = (outer * rows + chunk) * GROUPS + c;
  for (var r = chunk; r < rows; r += chunks) {
    let normal = (x[i] - pivot - offset) * rstd;
    out[i] = -rstd * rstd * (along * normal + b * (us[i] - means[0]) + a * (gs[i] - means[2]));
    i += chunks * GROUPS;
  }
}
