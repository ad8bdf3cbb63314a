// Part: workgroup memory for the two small layers of squeeze and excitation, and the sum that both directions need.
//
//   gate = σ(prelu(mean · w1 + b1) · w2 + b2)
//
// Each workgroup that works on a sample computes the layers for itself: they are a few thousand products.
// THREADS_PER_VALUE threads split the sum of each hidden value.
// Layout    w1 [C, HIDDEN], slope [1], w2 [HIDDEN, C], storage arrays of f32.
// Prelude   WG, C, HIDDEN, THREADS_PER_VALUE = WG / (HIDDEN rounded up to a power of two), at least 1; FACTOR = 1 /
//           ROWS; forwardLayers.wgsl or backwardLayers.wgsl follows.
var<workgroup> channels : array<f32, C>; // means, then gates; or gradients of gates, then those of pixels
var<workgroup> products : array<f32, THREADS_PER_VALUE * HIDDEN>;
var<workgroup> hiddenValues : array<f32, HIDDEN>;

/** Adds the THREADS_PER_VALUE partial sums of each hidden value, as a tree. */
fn addProducts(thread : u32) {
  workgroupBarrier();
  for (var half = THREADS_PER_VALUE / 2u; half > 0u; half /= 2u) {
    for (var i = thread; i < half * HIDDEN; i += WG) {
      products[i] += products[i + half * HIDDEN];
    }
    workgroupBarrier();
  }
}
