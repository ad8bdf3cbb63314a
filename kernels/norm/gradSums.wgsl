// The two sums that a norm's gradient needs, by interleaved chunks of rows:
//   out[o, k, 0, c] = Σ h · x̂        out[o, k, 1, c] = Σ h        with x̂ = (x − mean) / √(var + EPS), h = gate(dy, x̂ · scale + shift)
// Summed over k they are the gradients of scale and shift.
//
// Layout    x, dy [OUTER, ROWS, C]; stats [OUTER, 4, C]; out [OUTER, CHUNKS, 2, C]. V = vec4f or f32; GROUPS = C / width of V.
// Prelude   alias V; WG, OUTER, GROUPS, EPS; fn scaleAt, fn shiftAt as in apply.wgsl (bindings from 4 on); fn gate(dy : V, v : V) -> V, the
//           gradient through the ReLU of pre-activation v.
// Dispatch  one invocation per (o, chunk, channel group).
@group(0) @binding(0) var<storage, read_write> out : array<V>;
@group(0) @binding(1) var<storage, read> x : array<V>;
@group(0) @binding(2) var<storage, read> stats : array<V>;
@group(0) @binding(3) var<storage, read> dy : array<V>;

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
  let pivot = stats[(outer * 4u + 2u) * GROUPS + c];
  let offset = stats[(outer * 4u + 3u) * GROUPS + c];
  let rstd = V(1.0) / sqrt(stats[(outer * 4u + 1u) * GROUPS + c] + EPS);
  let scale = scaleAt(outer, c);
  let shift = shiftAt(outer, c);
  var dScale = V(0.0);
  var dShift = V(0.0);
  var i = (outer * rows + chunk) * GROUPS + c;
  for (var r = chunk; r < rows; r += chunks) {
    let normal = (x[i] - pivot - offset) * rstd;
    let h = gate(dy[i], normal * scale + shift);
    dScale += h * normal;
    dShift += h;
    i += chunks * GROUPS;
  }
  let base = (outer * chunks + chunk) * 2u * GROUPS + c;
  out[base] = dScale;
  out[base + GROUPS] = dShift;
}
