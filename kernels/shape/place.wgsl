// Writes parts of a concatenation where they belong:  out[place of element i of part z] = x_z[i]
//
// Parts of different sizes share a launch; threads past the end of a short one idle.
// Prelude   alias T, WG; fn place(slot : u32, i : u32) with the bindings of the parts from 1 on, generated because
//           their number varies.
// Dispatch  x·y = linear workgroups over the longest part, z = parts.
@group(0) @binding(0) var<storage, read_write> out : array<T>;

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) groups : vec3u,
  @builtin(local_invocation_index) thread : u32,
) {
  place(group.z, (group.y * groups.x + group.x) * WG + thread);
}
