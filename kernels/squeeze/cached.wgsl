// The end of a residual block with squeeze and excitation in one launch:  out = prelu(x · gate + skip)
//
// Tile      each of the SLICES workgroups of a sample sums all pixels of the sample and computes its gates; then it
//           writes its own slice of the pixels, whose second read comes from the cache.
// Why       for a sample of 100 KB the sum takes each workgroup a microsecond, which is less than a second launch. One
//           workgroup for all pixels of a sample would take ten microseconds.
// Layout    x, skip, out [N, ROWS, C] stored as S, a vector of four f32 or f16; gates [N, C] and hidden [N, HIDDEN] in
//           f32 are for the gradient; tail [1] is the slope of the PReLU.
// Needs     11 storage bindings, which is more bindings than WebGPU's default of 8.
// Prelude   alias S; layers.wgsl, forwardLayers.wgsl, sampleSums.wgsl; ROWS, SLICES.
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
fn main(@builtin(workgroup_id) group : vec3u, @builtin(local_invocation_index) thread : u32) {
  let n = group.x / SLICES;
  let slice = group.x % SLICES;
  let base = n * SIZE;
  var sum = vec4f();
  for (var first = thread; first < SIZE; first += AT_ONCE * WG) {
    for (var k = 0u; k < AT_ONCE; k++) {
      let i = first + k * WG;
      sum += select(vec4f(), vec4f(x[base + min(i, SIZE - 1u)]), i < SIZE);
    }
  }
  sumSample(sum, FACTOR, thread);
  gatesFromMeans(n, thread, slice == 0u);
  if (slice == 0u) {
    for (var c = thread; c < C; c += WG) {
      gates[n * C + c] = channels[c];
    }
  }
  let gate = channelsAt(thread % GROUPS);
  for (var first = firstOf(slice, thread); first < endOf(slice); first += AT_ONCE * WG) {
    var results : array<S, AT_ONCE>;
    for (var k = 0u; k < AT_ONCE; k++) {
      let i = base + min(first + k * WG, SIZE - 1u);
      let v = vec4f(x[i]) * gate + vec4f(skip[i]);
      results[k] = S(select(v * tail[0], v, v > vec4f()));
    }
    for (var k = 0u; k < AT_ONCE; k++) {
      if (first + k * WG < endOf(slice)) {
        out[base + first + k * WG] = results[k];
      }
    }
  }
}
