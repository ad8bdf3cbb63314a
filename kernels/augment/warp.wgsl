// Moves each picture of a batch by an affine map of its own, from the new picture to the old one:
//   out[n, y, x] = pictures[n] at M[n] · (x + ½, y + ½, 1)
//
// The old picture goes on past its border as its mirror image. Between the centres of pixels, which lie at halves, it
// is bilinear; with NEAREST it has the value of the nearest pixel, as maps of class numbers need.
// Layout    see batch.wgsl, with CHANNELS channels; the row of a picture has M, 2x3 row by row, from place WARP on.
// Prelude   WG, H, W, CHANNELS, PIXELS (of the whole batch), NUMBERS, WARP, NEAREST. Part before: batch.
// Dispatch  one thread per pixel.

/** Folds a place outside of 0 … extent − 1 back at the border; no farther than the far border. */
fn mirrored(place : i32, extent : i32) -> u32 {
  let folded = select(place, -1 - place, place < 0);
  return u32(clamp(select(folded, 2 * extent - 1 - folded, folded >= extent), 0, extent - 1));
}

@compute @workgroup_size(WG)
fn main(thread : Thread) {
  let pixel = groupOf(thread) * WG + thread.index;
  if (pixel >= PIXELS) {
    return;
  }
  let n = pixel / (W * H);
  let first = rowOf(pixel) + WARP;
  let centre = vec3f(f32(pixel % W) + 0.5, f32((pixel / W) % H) + 0.5, 1.0);
  let x = dot(vec3f(numbers[first], numbers[first + 1u], numbers[first + 2u]), centre) - 0.5;
  let y = dot(vec3f(numbers[first + 3u], numbers[first + 4u], numbers[first + 5u]), centre) - 0.5;
  // Half a pixel is added for the nearest one, and none for the upper left of the four around.
  let corner = vec2f(floor(x + select(0.0, 0.5, NEAREST)), floor(y + select(0.0, 0.5, NEAREST)));
  let share = select(vec2f(x, y) - corner, vec2f(0.0), NEAREST);
  let left = mirrored(i32(corner.x), i32(W));
  let right = mirrored(i32(corner.x) + 1, i32(W));
  let top = (n * H + mirrored(i32(corner.y), i32(H))) * W;
  let bottom = (n * H + mirrored(i32(corner.y) + 1, i32(H))) * W;
  for (var c = 0u; c < CHANNELS; c++) {
    let above = mix(pictures[(top + left) * CHANNELS + c], pictures[(top + right) * CHANNELS + c], share.x);
    let below = mix(pictures[(bottom + left) * CHANNELS + c], pictures[(bottom + right) * CHANNELS + c], share.x);
    out[pixel * CHANNELS + c] = mix(above, below, share.y);
  }
}
