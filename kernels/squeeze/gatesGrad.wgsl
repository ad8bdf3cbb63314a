// What each pixel's gradient gets through the gates, for each sample and channel, from dgate[n] = Σₖ parts[n, k].
//
// The formula is in backwardLayers.wgsl.
// Layout    parts [N, CHUNKS, C] from tailGrad.wgsl; gates [N, C] and hidden [N, HIDDEN] from gates.wgsl; out [N, C].
//           All f32.
// Prelude   layers.wgsl, backwardLayers.wgsl.
// Dispatch  one workgroup per sample.
@group(0) @binding(0) var<storage, read_write> out : array<f32>;
@group(0) @binding(1) var<storage, read> parts : array<f32>;
@group(0) @binding(2) var<storage, read> gates : array<f32>;
@group(0) @binding(3) var<storage, read> hidden : array<f32>;
@group(0) @binding(4) var<storage, read> w1 : array<f32>;
@group(0) @binding(5) var<storage, read> slope : array<f32>;
@group(0) @binding(6) var<storage, read> w2 : array<f32>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u, @builtin(local_invocation_index) thread : u32) {
  let n = group.x;
  let chunks = arrayLength(&parts) / (groups.x * C);
  for (var c = thread; c < C; c += WG) {
    var sum = 0.0;
    for (var k = 0u; k < chunks; k++) {
      sum += parts[(n * chunks + k) * C + c];
    }
    channels[c] = sum;
  }
  gradientFromGates(n, thread);
  for (var c = thread; c < C; c += WG) {
    out[n * C + c] = channels[c];
  }
}
