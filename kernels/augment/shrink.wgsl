// Shrinks each picture of a batch to fewer cells along one axis and enlarges it again, as small pictures come to a
// network. With c cells of length s = extent / c:
//   cell i = mean of the picture over [i s, (i + 1) s]
//   out at p = (1 − t) cell ⌊q⌋ + t cell (⌊q⌋ + 1),   q = p / s − ½,   t = q − ⌊q⌋,   cells clamped to 0 … c − 1
// p being the pixel's centre. Two launches, one for each axis, shrink a picture. Without cells (0), or with as many as
// pixels, it stays as it is.
// Layout    see batch.wgsl, with three channels; the row of a picture has c, the same along both axes, at place CELLS.
// Prelude   WG, H, W, PIXELS (of the whole batch), NUMBERS, CELLS, DOWN (along columns, else along rows). Part before:
//           batch.
// Dispatch  one thread per pixel; it reads 2 s pixels.

/** The mean of the line that begins at pixel `first` over the interval [low, high] of its places. */
fn meanOver(first : u32, stride : u32, extent : f32, low : f32, high : f32) -> vec3f {
  var sum = vec3f(0.0);
  let last = u32(min(ceil(high), extent)) - 1u;
  for (var k = u32(low); k <= last; k++) {
    let share = min(high, f32(k) + 1.0) - max(low, f32(k));
    sum += share * colourAt(first + k * stride);
  }
  return sum / (high - low);
}

@compute @workgroup_size(WG)
fn main(thread : Thread) {
  let pixel = groupOf(thread) * WG + thread.index;
  if (pixel >= PIXELS) {
    return;
  }
  let cells = numbers[rowOf(pixel) + CELLS];
  let stride = select(1u, W, DOWN);
  let extent = f32(select(W, H, DOWN));
  let place = select(pixel % W, (pixel / W) % H, DOWN);
  let first = pixel - place * stride;
  var value = colourAt(pixel);
  if (cells > 0.0 && cells < extent) {
    let side = extent / cells;
    let q = (f32(place) + 0.5) / side - 0.5;
    let near = clamp(floor(q), 0.0, cells - 1.0);
    let far = clamp(floor(q) + 1.0, 0.0, cells - 1.0);
    value = mix(
      meanOver(first, stride, extent, near * side, min(extent, (near + 1.0) * side)),
      meanOver(first, stride, extent, far * side, min(extent, (far + 1.0) * side)),
      q - floor(q),
    );
  }
  paint(pixel, value);
}
