// Part: Keys' cubic convolution with a = −0.75, as in PyTorch and OpenCV: w(d) = (a + 2)|d|³ − (a + 3)|d|² + 1 up to
// distance 1, and a(|d|³ − 5|d|² + 8|d| − 4) up to distance 2.
const TAPS = 4;
const FIRST = -1;
const A = -0.75;

fn weight(k : i32, t : f32) -> f32 {
  let d = abs(f32(k - 1) - t);
  let near = ((A + 2.0) * d - (A + 3.0)) * d * d + 1.0;
  let far = ((A * d - 5.0 * A) * d + 8.0 * A) * d - 4.0 * A;
  return select(far, near, k == 1 || k == 2);
}
