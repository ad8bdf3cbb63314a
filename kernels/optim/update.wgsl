// Changes elements of several tensors in place: for each set of COUNT tensors of one size, element by element
//
//   change(&v)        v = the set's values at i; the first of them go back
//
// The rule `change` is one of this folder's other files. Sets of different sizes share a launch; invocations past the end of a short one idle.
// Layout    tensors are contiguous; V is f32, or vec4f when the sizes divide by 4.
// Prelude   alias V; WG, COUNT; the bindings and fn update(slot : u32, i : u32), generated because their number varies: the sets' tensors, then the
//           scalars that the rule reads. Those lie in buffers, so that a recorded step replays with their new values. With a loss scaler `update` divides gradients by
//           the loss scale and does nothing if they overflowed.
// Dispatch  x·y = linear workgroups over the longest set, z = sets.
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u, @builtin(local_invocation_index) lane : u32) {
  update(group.z, (group.y * groups.x + group.x) * WG + lane);
}
