// Part: the two small layers between channel means and gates:  gate = σ(prelu(mean · w1 + b1) · w2 + b2), and back. Each workgroup that works on a sample
// computes them for itself.
//
// A few thousand products: LANES invocations share a hidden value.
// Prelude   WG, C, HIDDEN, LANES = WG / (HIDDEN rounded up to a power of two), at least 1; FACTOR = 1 / ROWS; the storage arrays w1 [C, HIDDEN], slope [1] and
//           w2 [HIDDEN, C], f32; forwardLayers.wgsl or backwardLayers.wgsl behind this part.
var<workgroup> channels : array<f32, C>; // in: means, or the gradient of the gates; out: gates, or the gradient of every pixel
var<workgroup> products : array<f32, LANES * HIDDEN>;
var<workgroup> middle : array<f32, HIDDEN>;

/** Adds the LANES shares of each hidden value, as a tree. */
fn addProducts(lane : u32) {
  workgroupBarrier();
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    for (var i = lane; i < half * HIDDEN; i += WG) {
      products[i] += products[i + half * HIDDEN];
    }
    workgroupBarrier();
  }
}
