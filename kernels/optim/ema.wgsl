// Part: exponential moving average of a tensor:  average ← average + share · (x − average)
//
// Values    average, x; the first changes.
// Prelude   update.wgsl, with share = 1 − decay: from a buffer, so that a recorded step can warm up.
fn change(v : ptr<function, array<V, COUNT>>) {
  let before = (*v)[0];
  (*v)[0] = before + share[0] * ((*v)[1] - before);
}
