// Soft masks of regions: the distance of each pixel from the nearest one outside, smoothed.
//
//   d(x, y) = min over (i, j) with region(i, j) ≤ ½ of |(x − i, y − j)|,   out = smoothstep(0, FEATHER, d − ½)
//
// The distance separates: a first launch finds for each pixel the distance along its row, a second one the minimum of
// √(row² + j²) along the column (Felzenszwalb and Huttenlocher 2012 compute the same with parabolas). Distances beyond
// RADIUS change nothing, so neither looks further. With BORDER the outside of the crop is outside the region. The mask
// is exactly 0 outside the region, so what stands before a face keeps every pixel.
// Layout    region, rows, out [n, SIZE, SIZE, 1] f32.
// Prelude   SIZE, RADIUS, FEATHER, BORDER, COLUMNS: false for the launch along rows, true for the one along columns.
// Dispatch  (ceil(SIZE / 8), ceil(SIZE / 8), images), one thread per pixel.
@group(0) @binding(0) var<storage, read_write> out : array<f32>;
@group(0) @binding(1) var<storage, read> source : array<f32>;

/** Is a pixel of the row that begins at `first` outside the region? A column left of the first is a large number. */
fn isOutside(first : u32, x : u32) -> bool {
  if (x >= SIZE) {
    return BORDER;
  }
  return source[first + x] <= 0.5;
}

/** The distance along the row from the pixel to the nearest outside: RADIUS + 1 if it is farther than that. */
fn alongRow(first : u32, x : u32) -> f32 {
  for (var step = 0u; step <= RADIUS; step++) {
    if (isOutside(first, x - step) || isOutside(first, x + step)) {
      return f32(step);
    }
  }
  return f32(RADIUS + 1u);
}

/** The distance from the pixel to the nearest outside, from the distances along rows. */
fn alongColumn(image : u32, x : u32, y : u32) -> f32 {
  const BEYOND = f32(RADIUS + 1u);
  var nearest = BEYOND * BEYOND;
  for (var step = 0u; step <= RADIUS; step++) {
    for (var side = 0u; side < 2u; side++) {
      let row = select(y - step, y + step, side == 1u);
      var distance = select(BEYOND, 0.0, BORDER);
      if (row < SIZE) {
        distance = source[(image * SIZE + row) * SIZE + x];
      }
      nearest = min(nearest, distance * distance + f32(step * step));
    }
  }
  return sqrt(nearest);
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id : vec3u) {
  if (id.x >= SIZE || id.y >= SIZE) {
    return;
  }
  let first = (id.z * SIZE + id.y) * SIZE;
  var value : f32;
  if (COLUMNS) {
    let t = saturate((alongColumn(id.z, id.x, id.y) - 0.5) / FEATHER);
    value = t * t * (3.0 - 2.0 * t);
  } else {
    value = alongRow(first, id.x);
  }
  out[first + id.x] = value;
}
