// Part: exponential moving average of a tensor:  average ← average + share · (x − average)
//
// Values    average, x; the rule changes the first.
// Prelude   update.wgsl, with share = 1 − decay. The share is read from a buffer, so that a recorded step can change it
//           during a warm-up.
fn change(v : ptr<function, array<V, COUNT>>) {
  let before = (*v)[0];
  (*v)[0] = before + share[0] * ((*v)[1] - before);
}
