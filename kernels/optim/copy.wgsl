// Part: copies tensors:  target ← source
//
// Values    target, source; the rule changes the first.
// Prelude   update.wgsl.
fn change(v : ptr<function, array<V, COUNT>>) {
  (*v)[0] = (*v)[1];
}
