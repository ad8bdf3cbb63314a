// Sum or maximum over the middle axis of [OUTER, RED, INNER]:  out[o, c, i] = reduce over r = c, c + CHUNKS, … of x[o, r, i]
//
// Layout    x is [OUTER, RED, INNER] in S (f32 or f16), out is [OUTER, CHUNKS, INNER]; with CHUNKS = 1 this is the whole reduction.
// Numerics  a chunk adds SERIAL terms at a time and then those sums; the host launches further passes over the chunks, so that no f32 sum is longer than
//           a few hundred terms. The order is fixed: same input, same bits. The result is scaled by FACTOR (means).
// Prelude   alias S; PADDING (elements of S in x's buffer past the last one); WG, OUTER, INNER, SERIAL, FACTOR, START (the neutral element), fn combine(a : f32, b : f32) -> f32. RED and CHUNKS follow from the lengths: so reductions share
//           pipelines, and no driver unrolls the loop.
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
  var total = START;
  for (var first = chunk; first < extent; first += SERIAL * chunks) {
    var acc = START;
    for (var r = first; r < min(extent, first + SERIAL * chunks); r += chunks) {
      acc = combine(acc, f32(x[(outer * extent + r) * INNER + inner]));
    }
    total = combine(total, acc);
  }
  out[index] = total * FACTOR;
}
