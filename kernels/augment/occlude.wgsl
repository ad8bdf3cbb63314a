// Puts an object in front of each picture of a batch: a disc, or a bar with round ends, of one colour.
//   d = distance of the pixel's centre from the segment of half-length LENGTH along (cos, sin) around (x, y)
//   out = mix(pictures, colour, clamp(radius − d + ½, 0, 1))
//
// A disc is a bar without length. A radius of 0 leaves the picture as it is. The edge is one pixel wide; with HARD the
// object ends where the mix passes ½, as maps of class numbers need, and COLOUR is the number of its class.
// Layout    see batch.wgsl, with CHANNELS channels; the row of a picture has x, y, cos, sin, half-length, radius in
//           pixels and a colour of three channels from place OBJECT on.
// Prelude   WG, H, W, CHANNELS, PIXELS (of the whole batch), NUMBERS, OBJECT, HARD, CLASS (f32, used with HARD). Part
//           before: batch.
// Dispatch  one thread per pixel.

@compute @workgroup_size(WG)
fn main(thread : Thread) {
  let pixel = groupOf(thread) * WG + thread.index;
  if (pixel >= PIXELS) {
    return;
  }
  let first = rowOf(pixel) + OBJECT;
  let radius = numbers[first + 5u];
  let apart = vec2f(f32(pixel % W), f32((pixel / W) % H)) + 0.5 - vec2f(numbers[first], numbers[first + 1u]);
  let direction = vec2f(numbers[first + 2u], numbers[first + 3u]);
  let reach = numbers[first + 4u];
  let nearest = direction * clamp(dot(apart, direction), -reach, reach);
  var cover = clamp(radius - length(apart - nearest) + 0.5, 0.0, 1.0);
  if (radius == 0.0) {
    cover = 0.0;
  }
  for (var c = 0u; c < CHANNELS; c++) {
    let before = pictures[pixel * CHANNELS + c];
    out[pixel * CHANNELS + c] = select(
      mix(before, numbers[first + 6u + min(c, 2u)], cover),
      select(before, CLASS, cover >= 0.5),
      HARD,
    );
  }
}
