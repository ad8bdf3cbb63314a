// Gaussian blur of each picture of a batch along one axis, with a width of its own:
//   out[n, i] = Σₖ w(k) · pictures[n, clamp(i + k)] / Σₖ w(k),   w(k) = exp(−k² / 2σ²),   k = −RADIUS … RADIUS
// where i counts pixels along the axis. Two launches, one for each axis, blur a picture.
//
// Positions past the border are clamped to it. A width of 0 leaves the picture as it is: σ is taken as at least 0.05,
// where w(±1) is 0 in f32.
// Layout    see batch.wgsl, with three channels; the row of a picture has σ in pixels at place SIGMA.
// Prelude   WG, H, W, PIXELS (of the whole batch), NUMBERS, SIGMA, RADIUS (i32), DOWN (along columns, else along rows).
//           Part before: batch.
// Dispatch  one thread per pixel.

@compute @workgroup_size(WG)
fn main(thread : Thread) {
  let pixel = groupOf(thread) * WG + thread.index;
  if (pixel >= PIXELS) {
    return;
  }
  let sigma = max(numbers[rowOf(pixel) + SIGMA], 0.05);
  let fall = 0.5 / (sigma * sigma);
  let stride = select(1u, W, DOWN);
  let last = i32(select(W, H, DOWN)) - 1;
  let place = i32(select(pixel % W, (pixel / W) % H, DOWN));
  let first = pixel - u32(place) * stride;
  var sum = vec3f(0.0);
  var weights = 0.0;
  for (var k = -RADIUS; k <= RADIUS; k++) {
    let weight = exp(-fall * f32(k * k));
    sum += weight * colourAt(first + u32(clamp(place + k, 0, last)) * stride);
    weights += weight;
  }
  paint(pixel, sum / weights);
}
