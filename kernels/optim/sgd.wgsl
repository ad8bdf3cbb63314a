// Part: one update of stochastic gradient descent with momentum, of one parameter tensor, in place:
//
//   d = g + λ·p      b ← μ·b + d      p ← p − lr · b        (NESTEROV: p ← p − lr · (d + μ·b))
//
// b starts at zero, so its first value is d, as in PyTorch.
//
// Values    p, b, g; the rule changes the first two.
// Prelude   update.wgsl, with learning_rate; MOMENTUM = μ, DECAY = λ, NESTEROV.
fn change(v : ptr<function, array<V, COUNT>>) {
  let parameter = (*v)[0];
  let descent = (*v)[2] + DECAY * parameter;
  let velocity = MOMENTUM * (*v)[1] + descent;
  (*v)[0] = parameter - learning_rate[0] * select(velocity, descent + MOMENTUM * velocity, NESTEROV);
  (*v)[1] = velocity;
}
