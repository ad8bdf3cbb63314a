// The part of each picture of a batch that the identity may change.
//
//   mask = 1 where the centre of a pixel lies within r of a triangle of the carrier's window,
//   r = 1.15 f SIZE / 2d · growth · min(1, |(R n).xy| + 0.2) + 1.5 pixels, the largest of its corners'
//
// where growth is the farthest that any identity shifts the outline about a vertex along its normal n on the mean head
// (scripts/heads/growth.mjs), R the turn of the head, and 1.15 for moves towards the camera. An outline is where
// normals lie in the plane of the picture; what faces the camera moves towards it. The 0.2 is for heads that bend
// otherwise than the mean. The window's triangles are those with a corner that the identity moves at all. It is a
// function of the attributes alone, and whatever of the face an identity can show lies inside.
//
// Memory: `views` [pictures] View; `carrier` vec4f [pictures, BODY_SLOTS]; `window` u32 [WINDOW_TRIANGLES, 3], vertices
// of the body; `reaches` vec4f [BODY_SLOTS]:
// normal on the mean head, growth in decimetres; `mask` f32 [pictures, SIZE, SIZE, 1] as bits, cleared to 0.
// Tile: a workgroup has 64 / LANES triangles; LANES threads go through the pixels around one of them. All threads that
// write to a pixel write the same.
// Preconditions: constants SIZE, BODY_SLOTS, WINDOW_TRIANGLES, LANES. Parts before: view, visibility, project.
// Dispatch: (ceil(WINDOW_TRIANGLES LANES / 64), pictures, 1).

@group(0) @binding(0) var<storage, read> views : array<View>;
@group(0) @binding(1) var<storage, read> carrier : array<vec4f>;
@group(0) @binding(2) var<storage, read> window : array<u32>;
@group(0) @binding(3) var<storage, read> reaches : array<vec4f>;
@group(0) @binding(4) var<storage, read_write> mask : array<atomic<u32>>;

fn toEdge(p : vec2f, a : vec2f, b : vec2f) -> f32 {
  let along = b - a;
  return distance(p, a + along * clamp(dot(p - a, along) / max(dot(along, along), 1e-12), 0.0, 1.0));
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(local_invocation_index) local : u32) {
  openRaster(vec4u(0u, SIZE, 1u, 0u));
  let index = group.x * (64u / LANES) + local / LANES;
  if (index >= WINDOW_TRIANGLES) {
    return;
  }
  let picture = group.y;
  let corners = vec3u(window[3u * index], window[3u * index + 1u], window[3u * index + 2u]);
  var points : array<vec3f, 3>;
  var radius = 0.0;
  for (var k = 0u; k < 3u; k++) {
    points[k] = toSamples(picture, carrier[picture * BODY_SLOTS + corners[k]].xyz) ;
    let reach = reaches[corners[k]];
    let tilt = vec2f(dot(views[picture].headX.xyz, reach.xyz), dot(views[picture].headY.xyz, reach.xyz));
    let shift = reach.w * min(1.0, length(tilt) + 0.2);
    radius = max(radius, 0.575 * views[picture].eye.w * f32(SIZE) * points[k].z * shift);
  }
  radius += 1.5;
  let triangle = flatOf(points[0], points[1], points[2]);
  let low = min(points[0].xy, min(points[1].xy, points[2].xy)) - radius;
  let high = max(points[0].xy, max(points[1].xy, points[2].xy)) + radius;
  let first = vec2i(clamp(floor(low), vec2f(0.0), vec2f(f32(SIZE))));
  let extent = vec2i(clamp(ceil(high), vec2f(0.0), vec2f(f32(SIZE)))) - first;
  if (min(extent.x, extent.y) <= 0) {
    return;
  }
  for (var k = i32(local % LANES); k < extent.x * extent.y; k += i32(LANES)) {
    let pixel = vec2u(first + vec2i(k % extent.x, k / extent.x));
    let p = vec2f(pixel) + 0.5;
    let edge = min(toEdge(p, triangle.a.xy, triangle.b.xy), min(toEdge(p, triangle.b.xy, triangle.c.xy), toEdge(p, triangle.c.xy, triangle.a.xy)));
    let isInside = triangle.perArea != 0.0 && isCovered(weightsAt(triangle, p));
    if (isInside || edge < radius) {
      atomicStore(&mask[(picture * SIZE + pixel.y) * SIZE + pixel.x], 0x3f800000u);
    }
  }
}
