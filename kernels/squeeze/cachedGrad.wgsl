// The gradient of cached.wgsl in one launch:  h = prelu′(v) · dy is that of skip, dx = h · gate + (what flows through
// the gates) that of x
//
// Here v = x · gate + skip, computed again. The tile is that of cached.wgsl.
// Layout    h, dx, dy, x, skip [N, ROWS, C] stored as S, a vector of four f32 or f16; gates and hidden as cached.wgsl
//           wrote them.
// Needs     11 storage bindings, which is more bindings than WebGPU's default of 8.
// Prelude   alias S; layers.wgsl, backwardLayers.wgsl, sampleSums.wgsl; ROWS, SLICES.
// Dispatch  SLICES workgroups per sample.
@group(0) @binding(0) var<storage, read_write> dx : array<S>;
@group(0) @binding(1) var<storage, read_write> h : array<S>;
@group(0) @binding(2) var<storage, read> dy : array<S>;
@group(0) @binding(3) var<storage, read> x : array<S>;
@group(0) @binding(4) var<storage, read> skip : array<S>;
@group(0) @binding(5) var<storage, read> gates : array<f32>;
@group(0) @binding(6) var<storage, read> hidden : array<f32>;
@group(0) @binding(7) var<storage, read> tail : array<f32>;
@group(0) @binding(8) var<storage, read> w1 : array<f32>;
@group(0) @binding(9) var<storage, read> slope : array<f32>;
@group(0) @binding(10) var<storage, read> w2 : array<f32>;

/** The gradient of v = x · gate + skip at vector i. */
fn gradientOfSum(i : u32, gate : vec4f) -> vec4f {
  let g = vec4f(dy[i]);
  return select(g * tail[0], g, vec4f(x[i]) * gate + vec4f(skip[i]) > vec4f());
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(local_invocation_index) thread : u32) {
  let n = group.x / SLICES;
  let slice = group.x % SLICES;
  let base = n * SIZE;
  let c = thread % GROUPS;
  let at = n * C + c * 4u;
  let gate = vec4f(gates[at], gates[at + 1u], gates[at + 2u], gates[at + 3u]);
  var sum = vec4f();
  for (var first = thread; first < SIZE; first += AT_ONCE * WG) {
    for (var k = 0u; k < AT_ONCE; k++) {
      let i = first + k * WG;
      let clamped = base + min(i, SIZE - 1u);
      sum += select(vec4f(), gradientOfSum(clamped, gate) * vec4f(x[clamped]), i < SIZE);
    }
  }
  sumSample(sum, 1.0, thread);
  gradientFromGates(n, thread);
  let shift = channelsAt(c);
  for (var first = firstOf(slice, thread); first < endOf(slice); first += AT_ONCE * WG) {
    var results : array<S, AT_ONCE>;
    for (var k = 0u; k < AT_ONCE; k++) {
      results[k] = S(gradientOfSum(base + min(first + k * WG, SIZE - 1u), gate));
    }
    for (var k = 0u; k < AT_ONCE; k++) {
      let i = first + k * WG;
      if (i < endOf(slice)) {
        h[base + i] = results[k];
        dx[base + i] = S(vec4f(results[k]) * gate + shift);
      }
    }
  }
}
