// Sum, maximum or minimum over the middle axis of [OUTER, RED, INNER]:  out[o, c, i] = reduce over r = c, c + CHUNKS, … of x[o, r, i]
//
// Layout    x is [OUTER, RED, INNER], out is [OUTER, CHUNKS, INNER]; with CHUNKS = 1 this is the whole reduction.
// Numerics  a chunk adds serially; the host launches further passes over the chunks, so that no f32 sum is longer than a few hundred
//           terms. The order is fixed: same input, same bits.
// Prelude   WG, OUTER, RED, INNER, CHUNKS, START (the neutral element), fn combine(a : f32, b : f32) -> f32.
// Dispatch  one invocation per output, inner index fastest, so neighbours read neighbours.
@group(0) @binding(0) var<storage, read_write> out : array<f32>;
@group(0) @binding(1) var<storage, read> x : array<f32>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u, @builtin(local_invocation_index) lane : u32) {
  let index = (group.y * groups.x + group.x) * WG + lane;
  if (index >= OUTER * CHUNKS * INNER) {
    return;
  }
  let inner = index % INNER;
  let chunk = (index / INNER) % CHUNKS;
  let outer = index / (INNER * CHUNKS);
  var acc = START;
  for (var r = chunk; r < RED; r += CHUNKS) {
    acc = combine(acc, x[(outer * RED + r) * INNER + inner]);
  }
  out[index] = acc;
}
