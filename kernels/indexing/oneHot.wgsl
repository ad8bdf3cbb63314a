// One-hot rows:  out[i, k] = 1 if label[i] = k, else 0
//
// A label outside 0 … CLASSES − 1 gives a row of NaN: a kernel cannot raise an error, and zeros would train on nothing
// without a word.
// Layout    label [SIZE / CLASSES], i32 or u32 read as u32, so that negative labels are too large; out [SIZE / CLASSES,
//           CLASSES].
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
    value = bitcast<f32>(max(own, 0xffffffffu)); // a NaN; WGSL has no literal for one
  }
  out[i] = value;
}
