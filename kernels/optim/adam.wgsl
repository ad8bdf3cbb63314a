// Part: one Adam or AdamW update of one parameter tensor, in place:
//
//   m ← β₁·m + (1 − β₁)·g      v ← β₂·v + (1 − β₂)·g²      p ← p − lr · (m / c₁) / (√(v / c₂) + ε)
//
// with the bias corrections cᵢ = 1 − βᵢᵗ from advance.wgsl. Weight decay λ is added to the gradient (Adam: g + λ·p). If
// DECOUPLED is set, it shrinks the parameter first instead (AdamW: p·(1 − lr·λ)). ε is added outside of the square
// root, as in PyTorch.
//
// Values    p, m, v, g; the rule changes the first three.
// Prelude   update.wgsl, with learning_rate and corrections (of advance.wgsl); KEEP1 = β₁, TAKE1 = 1 − β₁, KEEP2, TAKE2
//           (subtracted in f64: 1 − 0.999f is off by 6e-5 relative), EPS, DECAY, DECOUPLED.
fn change(v : ptr<function, array<V, COUNT>>) {
  let rate = learning_rate[0];
  var parameter = (*v)[0];
  var gradient = (*v)[3];
  if (DECOUPLED) {
    parameter *= 1.0 - rate * DECAY;
  } else {
    gradient += DECAY * parameter;
  }
  let first = KEEP1 * (*v)[1] + TAKE1 * gradient;
  let second = KEEP2 * (*v)[2] + TAKE2 * gradient * gradient;
  (*v)[0] = parameter - (rate / corrections[0]) * first / (sqrt(second / corrections[1]) + EPS);
  (*v)[1] = first;
  (*v)[2] = second;
}
