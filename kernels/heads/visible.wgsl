// Which landmarks of a batch are seen.
//
//   visible = inside of the picture, and d < depth + 0.15 dm at the nearest pixel or beside it
//
// with the distance d of the landmark along the axis of the camera and the depth that the picture shows. A pixel with
// something before the head, or without a head, has depth 0, but is no proof beside a head's outline.
//
// Memory: `views` [pictures] View; `positions` vec4f [pictures, SLOTS]; `labels` f32 [pictures, SIZE, SIZE, 2]
// (labels.wgsl); `vertices` u32 [LANDMARKS], vertices of the body; `visible` f32 [pictures, LANDMARKS].
// Tile: one thread per landmark. Preconditions: constants SIZE, SLOTS, LANDMARKS.
// Parts before: view, visibility, project. Dispatch: (ceil(LANDMARKS / 64), pictures, 1).

@group(0) @binding(0) var<storage, read> views : array<View>;
@group(0) @binding(1) var<storage, read> positions : array<vec4f>;
@group(0) @binding(2) var<storage, read> labels : array<f32>;
@group(0) @binding(3) var<storage, read> vertices : array<u32>;
@group(0) @binding(4) var<storage, read_write> visible : array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id : vec3u) {
  if (id.x >= LANDMARKS) {
    return;
  }
  openRaster(vec4u(0u, SIZE, 1u, 0u));
  let place = toSamples(id.y, positions[id.y * SLOTS + vertices[id.x]].xyz);
  let pixel = vec2i(floor(place.xy));
  let last = i32(SIZE) - 1;
  var deepest = 0.0;
  for (var k = 0; k < 9; k++) {
    let at = clamp(pixel + vec2i(k % 3 - 1, k / 3 - 1), vec2i(0), vec2i(last));
    deepest = max(deepest, labels[2u * ((id.y * SIZE + u32(at.y)) * SIZE + u32(at.x)) + 1u]);
  }
  let isInside = all(pixel >= vec2i(0)) && all(pixel <= vec2i(last));
  visible[id.y * LANDMARKS + id.x] = select(0.0, 1.0, isInside && 1.0 / place.z < deepest + 0.15);
}
