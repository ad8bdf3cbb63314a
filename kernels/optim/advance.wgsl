// Counts an optimizer step and computes Adam's bias corrections for it:  t ← t + 1,  cᵢ = 1 − βᵢᵗ
//
// Numerics  1 − exp(t·ln β) would suffer cancellation: at t = 1 and β = 0.999 only 14 bits would remain. The kernel
//           computes −expm1(t·ln β) instead, by a series where the argument is small.
// Prelude   LOG_BETA1, LOG_BETA2 = ln βᵢ, computed in f64 and at least −100 (β = 0 gives c = 1); fn skipped() -> bool,
//           true if the gradients overflowed, so that the step does not count.
// Dispatch  a single thread, before the updates of a step. The counter lives on the device so that replays of a
//           recorded step count.
@group(0) @binding(0) var<storage, read_write> step : array<u32>;
@group(0) @binding(1) var<storage, read_write> corrections : array<f32>;

fn expm1(x : f32) -> f32 {
  if (x < -0.5) {
    return exp(x) - 1.0;
  }
  // Horner's form of x + x²/2! + … + x⁹/9!; the first omitted term is below 3e-10 of the sum.
  var sum = 1.0;
  for (var k = 9.0; k > 1.0; k -= 1.0) {
    sum = 1.0 + sum * x / k;
  }
  return x * sum;
}

@compute @workgroup_size(1)
fn main() {
  if (skipped()) {
    return;
  }
  let t = step[0] + 1u;
  step[0] = t;
  corrections[0] = -expm1(max(f32(t) * LOG_BETA1, -100.0));
  corrections[1] = -expm1(max(f32(t) * LOG_BETA2, -100.0));
}
