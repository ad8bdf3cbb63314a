// Maximum over the middle axis of [OUTER, RED, INNER]:  out[o, c, i] = max over r = c, c + CHUNKS, … of x[o, r, i]
//
// Layout    x is [OUTER, RED, INNER] stored as S, out is [OUTER, CHUNKS, INNER]; with CHUNKS = 1 this is the whole reduction.
// Prelude   alias S; WG, OUTER, INNER; PADDING = elements at the end of an f16 x that only fill its last 4 bytes. RED and CHUNKS follow from the lengths: so
//           reductions share pipelines, and no driver unrolls the loop.
// Dispatch  one invocation per output, inner index fastest, so neighbours read neighbours.
@group(0) @binding(0) var<storage, read_write> out : array<f32>;
@group(0) @binding(1) var<storage, read> x : array<S>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u, @builtin(local_invocation_index) lane : u32) {
  let extent = (arrayLength(&x) - PADDING) / (OUTER * INNER);
  let chunks = arrayLength(&out) / (OUTER * INNER);
  let index = (group.y * groups.x + group.x) * WG + lane;
  if (index >= OUTER * chunks * INNER) {
    return;
  }
  let inner = index % INNER;
  let chunk = (index / INNER) % chunks;
  let outer = index / (INNER * chunks);
  var largest = -3.4028234e38;
  for (var r = chunk; r < extent; r += chunks) {
    largest = max(largest, f32(x[(outer * extent + r) * INNER + inner]));
  }
  out[index] = largest;
}
