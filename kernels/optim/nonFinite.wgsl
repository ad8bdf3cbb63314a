// Finds overflow among gradients:  found ← 1 if any element of any tensor is infinite or not a number
//
// The test looks for an exponent of all ones in the bits, because a compiler may assume that no infinity and no NaN
// occurs. The result is an integer atomic: many threads may store to it, and it is the same in any order.
// Prelude   WG, TURNS; the bindings of the tensors and fn overflows(slot : u32, first : u32) -> bool over TURNS
//           elements that lie WG apart, generated because their number varies.
// Dispatch  x·y = linear workgroups over the longest tensor, z = tensors.
@group(0) @binding(0) var<storage, read_write> found : array<atomic<u32>, 1>;

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) groups : vec3u,
  @builtin(local_invocation_index) thread : u32,
) {
  if (overflows(group.z, (group.y * groups.x + group.x) * (WG * TURNS) + thread)) {
    atomicStore(&found[0], 1u);
  }
}
