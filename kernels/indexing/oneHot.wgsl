// One-hot rows:  out[i, k] = 1 if label[i] = k, else 0
//
// A label outside 0 … CLASSES − 1 gives a row of NaN. A kernel cannot raise an error, and with a row of zeros the
// training would silently ignore the sample.
// Layout    label [SIZE / CLASSES] holds i32 or u32 and is read as u32, so that negative labels are too large; out is
//           [SIZE / CLASSES, CLASSES].
// Prelude   WG, SIZE (elements of out), CLASSES.
// Dispatch  one thread per element of out.
@group(0) @binding(0) var<storage, read_write> out : array<f32>;
@group(0) @binding(1) var<storage, read> label : array<u32>;

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) groups : vec3u,
  @builtin(local_invocation_index) thread : u32,
) {
  let i = (group.y * groups.x + group.x) * WG + thread;
  if (i >= SIZE) {
    return;
  }
  let own = label[i / CLASSES];
  var value = select(0.0, 1.0, own == i % CLASSES);
  if (own >= CLASSES) {
    value = bitcast<f32>(max(own, 0xffffffffu)); // NaN, for which WGSL has no literal
  }
  out[i] = value;
}
