// Normalises, scales, shifts and finishes in one pass:  out = finish((x − mean) / √(var + EPS) · scale + shift)
//
// Serves instance norm (scale 1, shift 0), AdaIN (scale 1 + γ, shift β per sample) and batch norm (per channel, OUTER = 1); `finish` holds a
// ReLU or the residual, so that neither costs another pass over the image.
// Layout    x, out [OUTER, ROWS, C]; stats [OUTER, 4, C] from mergeMoments.wgsl. V = vec4f or f32; GROUPS = C / width of V.
// Prelude   alias V; WG, OUTER, GROUPS, PER_THREAD, EPS; fn scaleAt(outer, c) -> V, fn shiftAt(outer, c) -> V, fn finish(v : V, i : u32) -> V with
//           their bindings from 3 on.
// Dispatch  one invocation per (o, chunk, channel group) over rows chunk, chunk + CHUNKS, …: the channel's constants stay in registers.
@group(0) @binding(0) var<storage, read_write> out : array<V>;
@group(0) @binding(1) var<storage, read> x : array<V>;
@group(0) @binding(2) var<storage, read> stats : array<V>;

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
  let scale = scaleAt(outer, c) / sqrt(stats[(outer * 4u + 1u) * GROUPS + c] + EPS);
  let shift = shiftAt(outer, c);
  var i = (outer * rows + chunk) * GROUPS + c;
  for (var r = chunk; r < rows; r += chunks) {
    out[i] = finish((x[i] - pivot - offset) * scale + shift, i);
    i += chunks * GROUPS;
  }
}
