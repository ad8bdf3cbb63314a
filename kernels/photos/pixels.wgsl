// Part: pixels of a window of a picture, in the 255 steps of a byte.
//
// The window is a rectangle of a picture: row after row, four bytes a pixel (red, green, blue, alpha from the lowest
// byte of a word). Positions are those of the whole picture. Whatever is outside the window is black.
// A library part: no entry point. Bindings before: `pixels` array<u32>, `frame` Window.

/** A rectangle of whole pixels. */
struct Window {
  origin : vec2i,
  size : vec2i,
}

/** Red, green and blue of a packed pixel, 0 to 255. */
fn colourOf(pixel : u32) -> vec3f {
  return vec3f(f32(pixel & 255u), f32((pixel >> 8u) & 255u), f32((pixel >> 16u) & 255u));
}

/** All crops show the one picture. */
fn show(crop : u32) {
}

/** The colour of a pixel of the picture. */
fn colourAt(position : vec2i) -> vec3f {
  let at = position - frame.origin;
  if (any(at < vec2i(0)) || any(at >= frame.size)) {
    return vec3f(0.0);
  }
  return colourOf(pixels[at.y * frame.size.x + at.x]);
}
