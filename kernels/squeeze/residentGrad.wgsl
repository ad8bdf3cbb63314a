// The gradient of resident.wgsl in one launch:  h = prelu′(v) · dy is that of skip, dx = h · gate + (what flows through the gates) that of x
//
// Layout    h, dx, dy, x, skip [N, ROWS, C] stored as S; gates and hidden from resident.wgsl.
// Limits    more bindings than WebGPU's default.
// Prelude   alias S; layers.wgsl, backwardLayers.wgsl, spread.wgsl; ROWS.
// Dispatch  one workgroup per sample.
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

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(local_invocation_index) lane : u32) {
  let base = group.x * ROWS * GROUPS;
  let c = lane % GROUPS;
  let at = group.x * C + c * 4u;
  let gate = vec4f(gates[at], gates[at + 1u], gates[at + 2u], gates[at + 3u]);
  var sum = vec4f();
  for (var i = lane; i < ROWS * GROUPS; i += WG) {
    let value = vec4f(x[base + i]);
    let g = vec4f(dy[base + i]);
    let passed = select(g * tail[0], g, value * gate + vec4f(skip[base + i]) > vec4f());
    h[base + i] = S(passed);
    sum += passed * value;
  }
  spreadSums(sum, 1.0, lane);
  closeGates(group.x, lane);
  let shift = channelsAt(c);
  for (var i = lane; i < ROWS * GROUPS; i += WG) {
    dx[base + i] = S(vec4f(h[base + i]) * gate + shift); // each invocation reads what it wrote
  }
}
