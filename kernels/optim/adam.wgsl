// One Adam or AdamW update of one parameter tensor, in place:
//
//   m ← β₁·m + (1 − β₁)·g      v ← β₂·v + (1 − β₂)·g²      p ← p − lr · (m / c₁) / (√(v / c₂) + ε)
//
// with the bias corrections cᵢ = 1 − βᵢᵗ from advance.wgsl. Weight decay λ is added to the gradient (Adam: g + λ·p) or, DECOUPLED, shrinks
// the parameter first (AdamW: p·(1 − lr·λ)). ε stands outside of the square root, as in PyTorch.
//
// Layout    p, m, v, g are contiguous and of one size; V is f32, or vec4f when that size divides by 4.
// Prelude   alias V; WG; KEEP1 = β₁, TAKE1 = 1 − β₁, KEEP2, TAKE2 (subtracted in f64: 1 − 0.999f is off by 6e-5 relative), EPS,
//           DECAY, DECOUPLED.
// Inputs    the learning rate and the corrections lie in buffers, so that a recorded step replays with their new values.
// Dispatch  one invocation per V; linear workgroups of WG, folded into x and y past 65535.
@group(0) @binding(0) var<storage, read_write> p : array<V>;
@group(0) @binding(1) var<storage, read_write> m : array<V>;
@group(0) @binding(2) var<storage, read_write> v : array<V>;
@group(0) @binding(3) var<storage, read> g : array<V>;
@group(0) @binding(4) var<storage, read> learning_rate : array<f32>;
@group(0) @binding(5) var<storage, read> corrections : array<f32>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u, @builtin(local_invocation_index) lane : u32) {
  let i = (group.y * groups.x + group.x) * WG + lane;
  if (i >= arrayLength(&p)) {
    return;
  }
  let rate = learning_rate[0];
  var parameter = p[i];
  var gradient = g[i];
  if (DECOUPLED) {
    parameter *= 1.0 - rate * DECAY;
  } else {
    gradient += DECAY * parameter;
  }
  let first = KEEP1 * m[i] + TAKE1 * gradient;
  let second = KEEP2 * v[i] + TAKE2 * gradient * gradient;
  m[i] = first;
  v[i] = second;
  p[i] = parameter - (rate / corrections[0]) * first / (sqrt(second / corrections[1]) + EPS);
}
