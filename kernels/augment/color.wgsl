// Recolours each picture of a batch by a matrix of its own:
//   out[n, y, x] = clamp(M[n] · pictures[n, y, x] + b[n], 0, 1)
//
// Brightness, contrast and saturation are affine in a pixel's three values, so one 3x4 matrix holds all of them.
// Layout    see batch.wgsl, with three channels; the row of a picture has (M | b), row by row, from place MATRIX on.
// Prelude   WG, H, W, PIXELS (of the whole batch), NUMBERS, MATRIX. Part before: batch.
// Dispatch  one thread per pixel.

@compute @workgroup_size(WG)
fn main(thread : Thread) {
  let pixel = groupOf(thread) * WG + thread.index;
  if (pixel >= PIXELS) {
    return;
  }
  let first = rowOf(pixel) + MATRIX;
  let p = vec4f(colourAt(pixel), 1.0);
  var recoloured = vec3f(0.0);
  for (var c = 0u; c < 3u; c++) {
    let at = first + 4u * c;
    let row = vec4f(numbers[at], numbers[at + 1u], numbers[at + 2u], numbers[at + 3u]);
    recoloured[c] = dot(row, p);
  }
  paint(pixel, clamp(recoloured, vec3f(0.0), vec3f(1.0)));
}
