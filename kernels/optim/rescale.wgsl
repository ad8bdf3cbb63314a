// Moves the factor of a loss after a step, by whether its gradients overflowed:
//
//   found       scale ← scale · BACKOFF       good ← 0       skipped ← skipped + 1
//   otherwise   good ← good + 1; at INTERVAL  scale ← scale · GROWTH unless that is infinite, good ← 0
//
// The kernel then clears `found` for the next step.
// Layout    counts = (good steps since the last change, skipped steps).
// Prelude   GROWTH, BACKOFF : f32, INTERVAL.
// Dispatch  a single thread, after the updates of a step.
@group(0) @binding(0) var<storage, read_write> scale : array<f32, 1>;
@group(0) @binding(1) var<storage, read_write> counts : array<u32, 2>;
@group(0) @binding(2) var<storage, read_write> found : array<u32, 1>;

@compute @workgroup_size(1)
fn main() {
  if (found[0] != 0u) {
    scale[0] *= BACKOFF;
    counts[0] = 0u;
    counts[1] += 1u;
  } else {
    counts[0] += 1u;
    if (counts[0] >= INTERVAL) {
      let grown = scale[0] * GROWTH;
      scale[0] = select(scale[0], grown, grown < 3.4e38);
      counts[0] = 0u;
    }
  }
  found[0] = 0u;
}
