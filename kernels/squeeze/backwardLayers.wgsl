// Part: gradient of the gates → what it adds to the gradient of every pixel, both in `channels`:
//   e = dgate · gate (1 − gate)        d = prelu′(hidden) · (e · w2ᵀ)        (d · w1ᵀ) / ROWS
// Prelude   layers.wgsl; the storage arrays gates [N, C] and hidden [N, HIDDEN].
fn closeGates(n : u32, lane : u32) {
  workgroupBarrier();
  for (var c = lane; c < C; c += WG) {
    let gate = gates[n * C + c];
    channels[c] *= gate * (1.0 - gate);
  }
  workgroupBarrier();
  for (var i = lane; i < LANES * HIDDEN; i += WG) {
    var sum = 0.0;
    for (var c = i / HIDDEN; c < C; c += LANES) {
      sum += channels[c] * w2[(i % HIDDEN) * C + c];
    }
    products[i] = sum;
  }
  addProducts(lane);
  for (var j = lane; j < HIDDEN; j += WG) {
    let sum = products[j];
    middle[j] = select(sum * slope[0], sum, hidden[n * HIDDEN + j] > 0.0);
  }
  workgroupBarrier();
  for (var c = lane; c < C; c += WG) {
    var sum = 0.0;
    for (var j = 0u; j < HIDDEN; j++) {
      sum += middle[j] * w1[c * HIDDEN + j];
    }
    channels[c] = sum * FACTOR;
  }
  workgroupBarrier();
}
