// Part: from points to samples of the picture and texels of a shadow map, and which of those a triangle covers.
//
//   d = eye.z − q.z,   (x, y) = (1/2 + f (q.x − eye.x) / 2d + shift.x / 2, 1/2 − f (q.y − eye.y) / 2d − shift.y / 2)
//   side
//   weights of a sample: areas of the triangles that it makes with the corners, over the area of all
//
// A sample whose weights are all above −1e-5 is covered, so that no gap opens between neighbours.
// A library part: no entry point. Binding `views`. Parts before: view, visibility.

/** x, y in samples, and 1 / d. */
fn toSamples(picture : u32, q : vec3f) -> vec3f {
  let d = views[picture].eye.z - q.z;
  let slope = views[picture].eye.w * (q.xy - views[picture].eye.xy) / d + views[picture].shift.xy;
  return vec3f((vec2f(0.5) + vec2f(0.5, -0.5) * slope) * f32(raster.side), 1.0 / d);
}

/** x, y in texels of a shadow map, and the depth from the light, 0 to 1. */
fn toShadow(picture : u32, q : vec3f) -> vec3f {
  let p = vec4f(q, 1.0);
  let x = dot(views[picture].lightX, p);
  let y = dot(views[picture].lightY, p);
  return vec3f(vec2f(0.5 + 0.5 * x, 0.5 - 0.5 * y) * f32(SHADOW_SIDE), dot(views[picture].lightZ, p));
}

/** A triangle in the plane of samples or texels: z is what is interpolated. */
struct Flat {
  a : vec3f,
  b : vec3f,
  c : vec3f,
  perArea : f32, // 1 over twice the signed area; 0 for a triangle without area, which covers nothing
}

fn cross2(a : vec2f, b : vec2f) -> f32 {
  return a.x * b.y - a.y * b.x;
}

fn flatOf(a : vec3f, b : vec3f, c : vec3f) -> Flat {
  let area = cross2(b.xy - a.xy, c.xy - a.xy);
  return Flat(a, b, c, select(0.0, 1.0 / area, abs(area) > 1e-9));
}

fn weightsAt(t : Flat, p : vec2f) -> vec3f {
  let d = p - t.a.xy;
  let b = cross2(d, t.c.xy - t.a.xy) * t.perArea;
  let c = cross2(t.b.xy - t.a.xy, d) * t.perArea;
  return vec3f(1.0 - b - c, b, c);
}

fn isCovered(weights : vec3f) -> bool {
  return min(weights.x, min(weights.y, weights.z)) >= -1e-5;
}

/** The samples whose centres may lie in the triangle, inside a square picture: first, and one past the last. */
struct Box {
  low : vec2i,
  high : vec2i,
}

fn boxOf(t : Flat, side : u32) -> Box {
  let low = min(t.a.xy, min(t.b.xy, t.c.xy));
  let high = max(t.a.xy, max(t.b.xy, t.c.xy));
  let limit = select(0.0, f32(side), t.perArea != 0.0);
  return Box(vec2i(clamp(ceil(low - 0.501), vec2f(0.0), vec2f(limit))), vec2i(clamp(floor(high + 0.501), vec2f(0.0), vec2f(limit))));
}

/** Weights on the surface of what has these weights in the picture: nearer corners count for more. */
fn inDepth(weights : vec3f, perDepth : vec3f) -> vec3f {
  let shares = weights * perDepth;
  return shares / (shares.x + shares.y + shares.z);
}
