// Part: windows of a pooling op: output (v, u) covers rows v·STRIDE − PAD … + KERNEL − 1 and columns likewise, clipped
// to the image.
//
// Prelude   STRIDE, PAD, KERNEL, BATCH, H, W, OUT_H, OUT_W, GROUPS (channel groups of V), WG.

/** The first window that covers coordinate s. */
fn firstWindow(s : u32) -> u32 {
  let reached = s + PAD;
  return select(0u, (reached - KERNEL) / STRIDE + 1u, reached >= KERNEL);
}

/** One more than the last window that covers coordinate s. */
fn endWindow(s : u32, count : u32) -> u32 {
  return min((s + PAD) / STRIDE + 1u, count);
}

struct Place {
  c : u32,
  x : u32,
  y : u32,
  n : u32,
}

fn placeOf(index : u32, width : u32, height : u32) -> Place {
  let pixel = index / GROUPS;
  let row = pixel / width;
  return Place(index % GROUPS, pixel % width, row % height, row / height);
}
