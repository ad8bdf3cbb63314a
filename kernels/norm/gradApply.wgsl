// Gradient of a norm with respect to its input:
//   dx = scale / √(var + EPS) · (h − Σh / ROWS − x̂ · Σ(h x̂) / ROWS)        with x̂ and h as in gradSums.wgsl
//
// Layout    x, dy, out [OUTER, ROWS, C]; stats [OUTER, 4, C]; sums [OUTER, 2, C]: Σ h x̂ before Σ h. V = vec4f or f32; GROUPS = C / width of V.
// Prelude   as gradSums.wgsl; bindings of scaleAt and shiftAt from 5 on.
// Dispatch  one invocation per (o, chunk, channel group) over rows chunk, chunk + CHUNKS, ….
@group(0) @binding(0) var<storage, read_write> out : array<V>;
@group(0) @binding(1) var<storage, read> x : array<V>;
@group(0) @binding(2) var<storage, read> stats : array<V>;
@group(0) @binding(3) var<storage, read> dy : array<V>;
@group(0) @binding(4) var<storage, read> sums : array<V>;

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
  let scale = scaleAt(outer, c);
  let shift = shiftAt(outer, c);
  let meanHX = sums[outer * 2u * GROUPS + c] / f32(rows);
  let meanH = sums[(outer * 2u + 1u) * GROUPS + c] / f32(rows);
  var i = (outer * rows + chunk) * GROUPS + c;
  for (var r = chunk; r < rows; r += chunks) {
    let normal = (x[i] - pivot - offset) * rstd;
    let h = gate(dy[i], normal * scale + shift);
    out[i] = scale * rstd * (h - meanH - normal * meanHX);
    i += chunks * GROUPS;
  }
}
