// Adds the chunks of a batch norm's two gradient sums:  sums[q, c] = Σ over k of parts[k, q, c], and each sum once more as a tensor of its own
//
// The sums serve gradApply.wgsl; dScale and dShift are the gradients of weight and bias, which optimizers want apart.
// Layout    parts [CHUNKS, 2, C] from gradSums.wgsl with OUTER = 1; sums [2, C]; dScale, dShift [C]. V = vec4f or f32; GROUPS = C / width of V.
// Prelude   alias V; WG, GROUPS.
// Dispatch  one invocation per channel group.
@group(0) @binding(0) var<storage, read_write> sums : array<V>;
@group(0) @binding(1) var<storage, read_write> dScale : array<V>;
@group(0) @binding(2) var<storage, read_write> dShift : array<V>;
@group(0) @binding(3) var<storage, read> parts : array<V>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u, @builtin(local_invocation_index) lane : u32) {
  let c = (group.y * groups.x + group.x) * WG + lane;
  if (c >= GROUPS) {
    return;
  }
  let chunks = arrayLength(&parts) / (2u * GROUPS);
  var scale = V(0.0);
  var shift = V(0.0);
  for (var k = 0u; k < chunks; k++) {
    scale += parts[2u * k * GROUPS + c];
    shift += parts[(2u * k + 1u) * GROUPS + c];
  }
  sums[c] = scale;
  sums[GROUPS + c] = shift;
  dScale[c] = scale;
  dShift[c] = shift;
}
