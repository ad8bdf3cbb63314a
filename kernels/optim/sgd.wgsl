// One update of stochastic gradient descent with momentum, of one parameter tensor, in place:
//
//   d = g + λ·p      b ← μ·b + d      p ← p − lr · b        (NESTEROV: p ← p − lr · (d + μ·b))
//
// b starts at zero, so its first value is d, as in PyTorch.
//
// Layout    p, b, g are contiguous and of one size; V is f32, or vec4f when that size divides by 4.
// Prelude   alias V; WG, MOMENTUM = μ, DECAY = λ, NESTEROV.
// Dispatch  one invocation per V; linear workgroups of WG, folded into x and y past 65535.
@group(0) @binding(0) var<storage, read_write> p : array<V>;
@group(0) @binding(1) var<storage, read_write> b : array<V>;
@group(0) @binding(2) var<storage, read> g : array<V>;
@group(0) @binding(3) var<storage, read> learning_rate : array<f32>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u, @builtin(local_invocation_index) lane : u32) {
  let i = (group.y * groups.x + group.x) * WG + lane;
  if (i >= arrayLength(&p)) {
    return;
  }
  let parameter = p[i];
  let descent = g[i] + DECAY * parameter;
  let velocity = MOMENTUM * b[i] + descent;
  b[i] = velocity;
  p[i] = parameter - learning_rate[0] * select(velocity, descent + MOMENTUM * velocity, NESTEROV);
}
