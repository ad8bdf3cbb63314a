// Conversion between element types, four elements at a time:  out[i] = convert(x[i])
//
// Layout    a word of 32 bits holds one f32, i32 or u32, two f16 or four u8, with the lowest element in the lowest
//           bits. The bits of a word past the last element are zero.
// Prelude   WG, VECTORS_PER_THREAD, SIZE (elements); the parts read*.wgsl (alias S,
//           fn read4(i) -> vec4<S>: elements 4i … 4i + 3) and write*.wgsl (alias D, fn write4).
// Dispatch  one thread per VECTORS_PER_THREAD times four elements, WG fours apart.
@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) groups : vec3u,
  @builtin(local_invocation_index) thread : u32,
) {
  let first = (group.y * groups.x + group.x) * (WG * VECTORS_PER_THREAD) + thread;
  var values : array<vec4<D>, VECTORS_PER_THREAD>;
  for (var k = 0u; k < VECTORS_PER_THREAD; k++) { // loads have a loop of their own, so that all are in flight together
    values[k] = convert(read4(min(first + k * WG, (SIZE - 1u) / 4u)));
  }
  for (var k = 0u; k < VECTORS_PER_THREAD; k++) {
    if (4u * (first + k * WG) < SIZE) {
      write4(first + k * WG, values[k]);
    }
  }
}
