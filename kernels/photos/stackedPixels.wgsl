// Part: pixels of pictures that lie one behind the other in a buffer, in the 255 steps of a byte.
//
// Each crop shows one of the pictures, so that a network reads crops of several pictures after a single launch. What is
// held of a picture is a window as in pixels.wgsl; whatever is outside of it is black.
// A library part: no entry point. Bindings before: `pixels` array<u32>, `frame` Window: what each crop shows.

/** A window of a picture: a rectangle of whole pixels, the first of which is word `first` of the buffer. */
struct Source {
  origin : vec2i,
  size : vec2i,
  first : u32,
  unused : u32,
}

struct Window {
  sources : array<Source>,
}

/** The crop whose picture `colourAt` looks up. */
var<private> shown : u32;

fn show(crop : u32) {
  shown = crop;
}

/** The colour of a pixel of the picture that the crop shows. */
fn colourAt(position : vec2i) -> vec3f {
  let source = frame.sources[shown];
  let at = position - source.origin;
  if (any(at < vec2i(0)) || any(at >= source.size)) {
    return vec3f(0.0);
  }
  let pixel = pixels[source.first + u32(at.y * source.size.x + at.x)];
  return vec3f(f32(pixel & 255u), f32((pixel >> 8u) & 255u), f32((pixel >> 16u) & 255u));
}
