// Part: replaces the channel means in `channels` by gates.
// Layout    storage arrays of f32: b1 [HIDDEN], b2 [C], and hidden [N, HIDDEN], which receives the hidden values in
//           front of the PReLU for the gradient. Of several workgroups of a sample one has `writesHidden`.
// Prelude   layers.wgsl.
fn gatesFromMeans(n : u32, thread : u32, writesHidden : bool) {
  workgroupBarrier();
  for (var i = thread; i < THREADS_PER_VALUE * HIDDEN; i += WG) {
    var sum = 0.0;
    for (var c = i / HIDDEN; c < C; c += THREADS_PER_VALUE) {
      sum += channels[c] * w1[c * HIDDEN + i % HIDDEN];
    }
    products[i] = sum;
  }
  addProducts(thread);
  for (var j = thread; j < HIDDEN; j += WG) {
    let sum = b1[j] + products[j];
    if (writesHidden) {
      hidden[n * HIDDEN + j] = sum;
    }
    hiddenValues[j] = select(sum * slope[0], sum, sum > 0.0);
  }
  workgroupBarrier();
  for (var c = thread; c < C; c += WG) {
    var sum = b2[c];
    for (var j = 0u; j < HIDDEN; j++) {
      sum += hiddenValues[j] * w2[j * C + c];
    }
    channels[c] = 1.0 / (1.0 + exp(-sum));
  }
  workgroupBarrier();
}
