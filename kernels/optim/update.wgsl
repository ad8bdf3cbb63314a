// Changes elements of several tensors in place: for each slot, element by element of COUNT tensors
//
//   change(&v)        v = the values of the slot's tensors at i; the first of them go back
//
// The rule `change` is one of this folder's other files. Slots of different sizes share a launch; threads past the end
// of a short one idle.
// Layout    a slot is one tensor and what belongs to it, or several that lie together, in the same order everywhere and
//           each from a multiple of SPAN elements on. Their gradients lie apart, a binding for each. V is f32, or vec4f
//           when sizes divide by 4 or tensors lie together; gaps between them may hold anything.
// Prelude   alias V; WG, COUNT, SPAN; the bindings and fn update(slot : u32, i : u32), generated because their number
//           varies: tensors and gradients of the slots, then the scalars that the rule reads. Those lie in buffers, so
//           that a recorded step replays with their new values. With a loss scaler `update` divides gradients by the
//           loss scale and does nothing if they overflowed.
// Dispatch  x·y = linear workgroups over the longest slot, z = slots.
@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) groups : vec3u,
  @builtin(local_invocation_index) thread : u32,
) {
  update(group.z, (group.y * groups.x + group.x) * WG + thread);
}
