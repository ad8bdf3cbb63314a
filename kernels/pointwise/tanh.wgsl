// Part: tanh v, with all digits also of a small v, where drivers take the difference of two exponentials and lose them
// (llvmpipe's tanh(1e-30) is 3e-8).
//
// For |v| below 0.625 the result is the polynomial of the Cephes library's tanhf, whose first term is v. Above, it is
// 1 − 2 / (e²ᵛ + 1), which neither loses digits to cancellation nor overflows.
// Prelude   alias V (f32 or vec4f).
fn tanhOf(v : V) -> V {
  let q = v * v;
  let tail = (((-5.70498872745e-3 * q + 2.06390887954e-2) * q - 5.37397155531e-2) * q + 1.33314422036e-1) * q - 3.33332819422e-1;
  let far = 1.0 - 2.0 / (exp(2.0 * abs(v)) + 1.0);
  return select(select(far, -far, v < V(0.0)), v * (1.0 + q * tail), abs(v) < V(0.625));
}
