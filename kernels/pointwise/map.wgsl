// Pointwise map with broadcasting:  out[i] = op(in0(i), in1(i), …)
//
// Layout    out is contiguous. V is f32, or vec4f when the last extent divides by 4 and every input either has that
//           extent or broadcasts along all of it. S is the type in memory, f32 or f16.
// Prelude   alias V, S; const WG, VECTORS_PER_THREAD, PADDING (elements of S in the buffer past the last one);
//           fn map(i : u32) -> V, the expression over the loaded inputs; for each input k its binding 1 + k and
//           fn load<k>(i : u32) -> V, which holds the broadcast index arithmetic with every extent as a constant. The
//           host generates them, because their number varies.
// Dispatch  one thread per VECTORS_PER_THREAD V that lie WG apart; linear workgroups of WG, folded into x and y past
//           65535.
@group(0) @binding(0) var<storage, read_write> out : array<S>;

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) groups : vec3u,
  @builtin(local_invocation_index) thread : u32,
) {
  let length = arrayLength(&out) - PADDING;
  let first = (group.y * groups.x + group.x) * (WG * VECTORS_PER_THREAD) + thread;
  var values : array<S, VECTORS_PER_THREAD>;
  for (var k = 0u; k < VECTORS_PER_THREAD; k++) { // loads have a loop of their own, so that all are in flight together
    values[k] = S(map(min(first + k * WG, length - 1u)));
  }
  for (var k = 0u; k < VECTORS_PER_THREAD; k++) {
    if (first + k * WG < length) {
      out[first + k * WG] = values[k];
    }
  }
}
