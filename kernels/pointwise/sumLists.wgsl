// Sums of several lists of tensors:  out_s[i] = Σ over the terms of list s of term[i]
//
// Lists of tensors of different sizes share a launch; threads past the end of a short list are idle.
// Prelude   alias V (vec4f or f32); WG; fn put(s : u32, i : u32) with the bindings of all lists, which the host
//           generates because their number varies.
// Dispatch  x·y = linear workgroups over the longest list, z = lists.
@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) groups : vec3u,
  @builtin(local_invocation_index) thread : u32,
) {
  put(group.z, (group.y * groups.x + group.x) * WG + thread);
}
