// Part: channel means → gates, both in `channels`.
// Prelude   layers.wgsl; the storage arrays b1 [HIDDEN], b2 [C], and hidden [N, HIDDEN], which keeps the hidden values before the PReLU; of several workgroups of a sample one `keeps`.
fn openGates(n : u32, lane : u32, keeps : bool) {
  workgroupBarrier();
  for (var i = lane; i < LANES * HIDDEN; i += WG) {
    var sum = 0.0;
    for (var c = i / HIDDEN; c < C; c += LANES) {
      sum += channels[c] * w1[c * HIDDEN + i % HIDDEN];
    }
    products[i] = sum;
  }
  addProducts(lane);
  for (var j = lane; j < HIDDEN; j += WG) {
    let sum = b1[j] + products[j];
    if (keeps) {
      hidden[n * HIDDEN + j] = sum;
    }
    middle[j] = select(sum * slope[0], sum, sum > 0.0);
  }
  workgroupBarrier();
  for (var c = lane; c < C; c += WG) {
    var sum = b2[c];
    for (var j = 0u; j < HIDDEN; j++) {
      sum += middle[j] * w2[j * C + c];
    }
    channels[c] = 1.0 / (1.0 + exp(-sum));
  }
  workgroupBarrier();
}
