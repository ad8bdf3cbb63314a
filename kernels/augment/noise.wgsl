// Adds the noise of a sensor to each picture of a batch:
//   out[n, y, x, c] = clamp(pictures[n, y, x, c] + σ[n] · g, 0, 1),   g of unit variance
//
// g is the sum of four uniform numbers less 2, times √3: each channel has its own call of Philox with the counter
// (pixel of the picture, channel, 0, 0) and the key (SEED[n], 0). So the noise of a picture depends on its seed alone.
// Layout    see batch.wgsl, with three channels; the row of a picture has σ at place NOISE and, behind it, a seed: a
//           whole number below 2²⁴.
// Prelude   WG, H, W, PIXELS (of the whole batch), NUMBERS, NOISE. Parts before: batch, random/philox.
// Dispatch  one thread per pixel.

@compute @workgroup_size(WG)
fn main(thread : Thread) {
  let pixel = groupOf(thread) * WG + thread.index;
  if (pixel >= PIXELS) {
    return;
  }
  let first = rowOf(pixel) + NOISE;
  let sigma = numbers[first];
  let key = vec2u(u32(numbers[first + 1u]), 0u);
  for (var c = 0u; c < 3u; c++) {
    let at = 3u * pixel + c;
    if (sigma == 0.0) {
      out[at] = pictures[at];
      continue;
    }
    let draws = unitFloat(philox(vec4u(pixel % (W * H), c, 0u, 0u), key));
    let noise = (dot(draws, vec4f(1.0)) - 2.0) * 1.7320508;
    out[at] = clamp(pictures[at] + sigma * noise, 0.0, 1.0);
  }
}
