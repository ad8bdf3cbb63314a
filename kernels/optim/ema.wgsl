// Exponential moving average of a tensor, in place:  average ← average + share · (x − average)
//
// Layout    average and x are contiguous and of one size; V is f32, or vec4f when that size divides by 4.
// Prelude   alias V; WG.
// Inputs    share = 1 − decay lies in a buffer, so that a recorded step can warm up.
// Dispatch  one invocation per V; linear workgroups of WG, folded into x and y past 65535.
@group(0) @binding(0) var<storage, read_write> average : array<V>;
@group(0) @binding(1) var<storage, read> x : array<V>;
@group(0) @binding(2) var<storage, read> share : array<f32>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u, @builtin(local_invocation_index) lane : u32) {
  let i = (group.y * groups.x + group.x) * WG + lane;
  if (i >= arrayLength(&average)) {
    return;
  }
  let before = average[i];
  average[i] = before + share[0] * (x[i] - before);
}
