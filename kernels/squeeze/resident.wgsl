// The end of a residual block with squeeze and excitation in one launch, for small planes:  out = prelu(x · gate + skip)
//
// A workgroup sums a sample's channels, computes its gates and goes over its pixels once more, from the cache.
// Layout    x, skip, out [N, ROWS, C] stored as S; gates [N, C] and hidden [N, HIDDEN] are kept for the gradient.
// Limits    more bindings than WebGPU's default.
// Prelude   alias S; layers.wgsl, forwardLayers.wgsl, spread.wgsl; ROWS.
// Dispatch  one workgroup per sample.
@group(0) @binding(0) var<storage, read_write> out : array<S>;
@group(0) @binding(1) var<storage, read_write> gates : array<f32>;
@group(0) @binding(2) var<storage, read_write> hidden : array<f32>;
@group(0) @binding(3) var<storage, read> x : array<S>;
@group(0) @binding(4) var<storage, read> skip : array<S>;
@group(0) @binding(5) var<storage, read> tail : array<f32>;
@group(0) @binding(6) var<storage, read> w1 : array<f32>;
@group(0) @binding(7) var<storage, read> b1 : array<f32>;
@group(0) @binding(8) var<storage, read> slope : array<f32>;
@group(0) @binding(9) var<storage, read> w2 : array<f32>;
@group(0) @binding(10) var<storage, read> b2 : array<f32>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(local_invocation_index) lane : u32) {
  let base = group.x * ROWS * GROUPS;
  var sum = vec4f();
  for (var i = lane; i < ROWS * GROUPS; i += WG) {
    sum += vec4f(x[base + i]);
  }
  spreadSums(sum, FACTOR, lane);
  openGates(group.x, lane);
  for (var c = lane; c < C; c += WG) {
    gates[group.x * C + c] = channels[c];
  }
  let gate = channelsAt(lane % GROUPS);
  for (var i = lane; i < ROWS * GROUPS; i += WG) {
    let v = vec4f(x[base + i]) * gate + vec4f(skip[base + i]);
    out[base + i] = S(select(v * tail[0], v, v > vec4f()));
  }
}
