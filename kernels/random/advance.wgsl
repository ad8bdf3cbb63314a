// Counts a draw in the random state, so that the next one, also of a replayed step, is another.
//
// Layout    state = (key low, key high, draws low, draws high).
// Dispatch  a single thread.
@group(0) @binding(0) var<storage, read_write> state : array<u32, 4>;

@compute @workgroup_size(1)
fn main() {
  state[2] += 1u;
  if (state[2] == 0u) {
    state[3] += 1u;
  }
}
