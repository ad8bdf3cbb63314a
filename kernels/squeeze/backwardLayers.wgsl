// Part: replaces the gradients of the gates in `channels` by the gradient that every pixel of the channel gets through
// its mean:
//   e = dgate · gate (1 − gate)        d = prelu′(hidden) · (e · w2ᵀ)        (d · w1ᵀ) / ROWS
// Layout    storage arrays of f32: gates [N, C] and hidden [N, HIDDEN], from the forward pass.
// Prelude   layers.wgsl.
fn gradientFromGates(n : u32, thread : u32) {
  workgroupBarrier();
  for (var c = thread; c < C; c += WG) {
    let gate = gates[n * C + c];
    channels[c] *= gate * (1.0 - gate);
  }
  workgroupBarrier();
  for (var i = thread; i < THREADS_PER_VALUE * HIDDEN; i += WG) {
    var sum = 0.0;
    for (var c = i / HIDDEN; c < C; c += THREADS_PER_VALUE) {
      sum += channels[c] * w2[(i % HIDDEN) * C + c];
    }
    products[i] = sum;
  }
  addProducts(thread);
  for (var j = thread; j < HIDDEN; j += WG) {
    let sum = products[j];
    hiddenValues[j] = select(sum * slope[0], sum, hidden[n * HIDDEN + j] > 0.0);
  }
  workgroupBarrier();
  for (var c = thread; c < C; c += WG) {
    var sum = 0.0;
    for (var j = 0u; j < HIDDEN; j++) {
      sum += hiddenValues[j] * w1[c * HIDDEN + j];
    }
    channels[c] = sum * FACTOR;
  }
  workgroupBarrier();
}
