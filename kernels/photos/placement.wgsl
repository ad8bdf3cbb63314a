// Part: where square crops lie in a picture.
//
//   p = anchor + rest + A · ((u, v) − size / 2),  A = (a −b; b a)
//
// takes the point (u, v) of a crop to the point p of the picture; the rest is less than a pixel. Positions far from the
// picture's corner have few bits of f32 left for fractions, so kernels compute them relative to the anchor, which is a
// whole pixel near the middle of the crop.
// A library part: no entry point. Bindings before: `placements` array<vec2f>, three vectors a crop: (a, b), anchor,
// rest. Where a = b = 0 there is no crop.

struct Placement {
  axis : vec2f,
  anchor : vec2i,
  rest : vec2f,
}

fn placementOf(crop : u32) -> Placement {
  return Placement(placements[3u * crop], vec2i(placements[3u * crop + 1u]), placements[3u * crop + 2u]);
}

fn isEmpty(place : Placement) -> bool {
  return all(place.axis == vec2f(0.0));
}

/** The product of two vectors read as complex numbers: the second, turned and scaled by the first. */
fn turned(by : vec2f, v : vec2f) -> vec2f {
  return vec2f(by.x * v.x - by.y * v.y, by.y * v.x + by.x * v.y);
}

/** From a vector about the crop's middle to a point of the picture, relative to the anchor. */
fn toPicture(place : Placement, v : vec2f) -> vec2f {
  return place.rest + turned(place.axis, v);
}

/** From a point of the picture, relative to the anchor, to a vector about the crop's middle. */
fn toCrop(place : Placement, point : vec2f) -> vec2f {
  return turned(vec2f(place.axis.x, -place.axis.y) / dot(place.axis, place.axis), point - place.rest);
}
