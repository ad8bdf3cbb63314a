// Part: the extent of one window along one axis, for average pooling.
// Prelude   COUNT_PADDING : bool and the constants of window.wgsl.

/** The coordinates inside the image that the window covers, from .x up to but excluding .y. */
fn covered(window : u32, size : u32) -> vec2u {
  let start = window * STRIDE;
  return vec2u(max(start, PAD) - PAD, min(start + KERNEL - PAD, size));
}

/** The factor of this axis in the divisor of the average. */
fn counted(window : u32, size : u32) -> f32 {
  let span = covered(window, size);
  return f32(select(span.y - span.x, KERNEL, COUNT_PADDING));
}
