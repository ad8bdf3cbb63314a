// The gates of squeeze and excitation from channel sums:  gates[n] = σ(prelu(mean[n] · w1 + b1) · w2 + b2), mean[n] =
// Σₖ sums[n, k] / ROWS
//
// Layout    sums [N, CHUNKS, C], gates [N, C], hidden [N, HIDDEN]. All f32.
// Prelude   layers.wgsl, forwardLayers.wgsl.
// Dispatch  one workgroup per sample.
@group(0) @binding(0) var<storage, read_write> gates : array<f32>;
@group(0) @binding(1) var<storage, read_write> hidden : array<f32>;
@group(0) @binding(2) var<storage, read> sums : array<f32>;
@group(0) @binding(3) var<storage, read> w1 : array<f32>;
@group(0) @binding(4) var<storage, read> b1 : array<f32>;
@group(0) @binding(5) var<storage, read> slope : array<f32>;
@group(0) @binding(6) var<storage, read> w2 : array<f32>;
@group(0) @binding(7) var<storage, read> b2 : array<f32>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u, @builtin(local_invocation_index) thread : u32) {
  let n = group.x;
  let chunks = arrayLength(&sums) / (groups.x * C);
  for (var c = thread; c < C; c += WG) {
    var sum = 0.0;
    for (var k = 0u; k < chunks; k++) {
      sum += sums[(n * chunks + k) * C + c];
    }
    channels[c] = sum * FACTOR;
  }
  gatesFromMeans(n, thread, true);
  for (var c = thread; c < C; c += WG) {
    gates[n * C + c] = channels[c];
  }
}
