// Maximum over the middle axis of [OUTER, RED, INNER]:
//   out[o, c, i] = max over r = c, c + CHUNKS, … of x[o, r, i], NaN if one of them is
//
// Numerics  elements are compared as integers, because a compiler may assume that there is no NaN, and WGSL's `max` may
//           ignore one. Flipping the sign bit of positive numbers and all bits of negative ones gives u32 keys in the
//           order of the f32; NaN takes the largest key.
// Layout    x is [OUTER, RED, INNER] stored as S, out is [OUTER, CHUNKS, INNER]; with CHUNKS = 1 this is the whole
//           reduction.
// Prelude   alias S; WG, OUTER, INNER; PADDING = elements at the end of an f16 x that only fill its last 4 bytes. RED
//           and CHUNKS are computed from the lengths of the arrays, so that reductions share pipelines and no driver
//           unrolls the loop.
// Dispatch  one thread per output, inner index fastest, so neighbours read neighbours.
@group(0) @binding(0) var<storage, read_write> out : array<f32>;
@group(0) @binding(1) var<storage, read> x : array<S>;

const NAN_KEY = 0xffffffffu;

fn keyOf(value : f32) -> u32 {
  let bits = bitcast<u32>(value);
  let key = bits ^ select(0x80000000u, 0xffffffffu, bits >= 0x80000000u);
  return select(key, NAN_KEY, (bits & 0x7fffffffu) > 0x7f800000u);
}

fn valueOf(key : u32) -> f32 {
  // NAN_KEY itself is the bit pattern of a NaN.
  return bitcast<f32>(select(key ^ select(0xffffffffu, 0x80000000u, key >= 0x80000000u), key, key == NAN_KEY));
}

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) groups : vec3u,
  @builtin(local_invocation_index) thread : u32,
) {
  let extent = (arrayLength(&x) - PADDING) / (OUTER * INNER);
  let chunks = arrayLength(&out) / (OUTER * INNER);
  let index = (group.y * groups.x + group.x) * WG + thread;
  if (index >= OUTER * chunks * INNER) {
    return;
  }
  let inner = index % INNER;
  let chunk = (index / INNER) % chunks;
  let outer = index / (INNER * chunks);
  var largest = 0u;
  for (var r = chunk; r < extent; r += chunks) {
    largest = max(largest, keyOf(f32(x[(outer * extent + r) * INNER + inner])));
  }
  out[index] = valueOf(largest);
}
