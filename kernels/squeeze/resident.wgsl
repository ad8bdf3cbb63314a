// The end of a residual block with squeeze and excitation in one launch:  out = prelu(x · gate + skip)
//
// The workgroups of a sample each sum all of its channels and compute its gates; then each goes over its own share of the pixels. Summing a sample of 100 KB SLICES
// times from the cache takes a microsecond, which is less than a second launch would, and one workgroup alone would take ten for the pixels.
// Layout    x, skip, out [N, ROWS, C] stored as S; gates [N, C] and hidden [N, HIDDEN] are kept for the gradient.
// Limits    more bindings than WebGPU's default.
// Prelude   alias S; layers.wgsl, forwardLayers.wgsl, spread.wgsl; ROWS, SLICES.
// Dispatch  SLICES workgroups per sample.
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
  let n = group.x / SLICES;
  let slice = group.x % SLICES;
  let base = n * SIZE;
  var sum = vec4f();
  for (var first = lane; first < SIZE; first += AT_ONCE * WG) {
    for (var k = 0u; k < AT_ONCE; k++) {
      let i = first + k * WG;
      sum += select(vec4f(), vec4f(x[base + min(i, SIZE - 1u)]), i < SIZE);
    }
  }
  spreadSums(sum, FACTOR, lane);
  openGates(n, lane, slice == 0u);
  if (slice == 0u) {
    for (var c = lane; c < C; c += WG) {
      gates[n * C + c] = channels[c];
    }
  }
  let gate = channelsAt(lane % GROUPS);
  for (var first = firstOf(slice, lane); first < endOf(slice); first += AT_ONCE * WG) {
    var held : array<S, AT_ONCE>;
    for (var k = 0u; k < AT_ONCE; k++) {
      let i = base + min(first + k * WG, SIZE - 1u);
      let v = vec4f(x[i]) * gate + vec4f(skip[i]);
      held[k] = S(select(v * tail[0], v, v > vec4f()));
    }
    for (var k = 0u; k < AT_ONCE; k++) {
      if (first + k * WG < endOf(slice)) {
        out[base + first + k * WG] = held[k];
      }
    }
  }
}
