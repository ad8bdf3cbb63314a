// Part: nearest neighbour: the sample at or below the position, as PyTorch's mode 'nearest'.
const TAPS = 1;
const FIRST = 0;

fn weight(k : i32, t : f32) -> f32 {
  return 1.0;
}
