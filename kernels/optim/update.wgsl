// Changes elements of several tensors in place: for each slot, element by element of COUNT tensors
//
//   change(&v)        v = the values of the slot's tensors at i; the first of them are written back
//
// The rule `change` is one of the other files of this folder. Slots of different sizes share a launch; threads past the
// end of a short slot are idle.
// Layout    a slot is one parameter with its optimizer state, or several parameters packed into one buffer. Packed
//           tensors have the same order in every buffer, and each begins at a multiple of SPAN elements. Gradients are
//           not packed, so each has its own binding. V is f32, or vec4f when sizes divide by 4 or tensors are packed.
//           The gaps between packed tensors may hold anything.
// Prelude   alias V; WG, COUNT, SPAN; the bindings and fn update(slot : u32, i : u32). The host generates them, because
//           the number of bindings varies: tensors and gradients of the slots, then the scalars that the rule reads.
//           The scalars are read from buffers, so that a replay of a recorded step uses their new values. With a loss
//           scaler, `update` divides gradients by the loss scale and does nothing if they overflowed.
// Dispatch  x·y = linear workgroups over the longest slot, z = slots.
@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) groups : vec3u,
  @builtin(local_invocation_index) thread : u32,
) {
  update(group.z, (group.y * groups.x + group.x) * WG + thread);
}
