// Concatenates tensors:  out[index of element i of part z] = x_z[i]
//
// Parts of different sizes share a launch; threads past the end of a short part are idle.
// Prelude   alias T, WG; fn copyElement(slot : u32, i : u32), which copies element i of one part, with the bindings of
//           the parts from 1 on. The host generates them, because their number varies.
// Dispatch  x·y = linear workgroups over the longest part, z = parts.
@group(0) @binding(0) var<storage, read_write> out : array<T>;

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) groups : vec3u,
  @builtin(local_invocation_index) thread : u32,
) {
  copyElement(group.z, (group.y * groups.x + group.x) * WG + thread);
}
