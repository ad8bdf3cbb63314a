// Random numbers of one draw:  out[4i … 4i + 3] = shape(philox((i, draws, 0), key))
//
// Number i of draw k depends on (key, k, i) alone: neither the workgroup size nor other launches affect it.
// Layout    state = (key low, key high, draws low, draws high); out [SIZE].
// Prelude   WG, SIZE; philox.wgsl; fn shape(words : vec4u) -> vec4f from uniform.wgsl or normal.wgsl.
// Dispatch  one thread per four numbers. advance.wgsl follows and counts the draw.
@group(0) @binding(0) var<storage, read_write> out : array<f32>;
@group(0) @binding(1) var<storage, read> state : array<u32, 4>;

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) groups : vec3u,
  @builtin(local_invocation_index) thread : u32,
) {
  let i = (group.y * groups.x + group.x) * WG + thread;
  if (4u * i >= SIZE) {
    return;
  }
  let numbers = shape(philox(vec4u(i, state[2], state[3], 0u), vec2u(state[0], state[1])));
  for (var k = 0u; k < min(4u, SIZE - 4u * i); k++) {
    out[4u * i + k] = numbers[k];
  }
}
