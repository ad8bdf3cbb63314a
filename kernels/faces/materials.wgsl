// What each pixel shows: the parse map of a face.
//
//   0 background  1 skin  2 eye  3 lips  4 mouth  5 brow  6 hair  7 mark (mole)  8 clothes  9 glasses  10 occluder
//
// Memory: `faces` [batch] Face; `materials` f32 [batch, SIZE, SIZE, 1], whole numbers.
// Tile: one thread per pixel, one ray each.
// Preconditions: constants SIZE, STEPS. Parts before: face, sdf, camera, paint, surroundings.
// Dispatch: (ceil(SIZE / 8), SIZE, batch).

@group(0) @binding(0) var<storage, read> faces : array<Face>;
@group(0) @binding(1) var<storage, read_write> materials : array<f32>;

fn skinMaterial(p : vec3f, width : f32) -> f32 {
  let m = vec3f(abs(p.x), p.y, p.z);
  let mouth = mouthFrame(p);
  if (collarCoverage(m, width) > 0.5) {
    return 8.0;
  }
  if (p.z < 0.15) {
    return 1.0;
  }
  if (moleCoverage(p, width) > 0.5) {
    return 7.0;
  }
  if (browCoverage(m, width) > 0.5) {
    return 5.0;
  }
  if (openingCoverage(mouth, width).x > 0.5) {
    return 4.0;
  }
  return select(1.0, 3.0, lipCoverage(mouth, width) > 0.5);
}

fn materialAt(point : vec2f) -> f32 {
  let width = 1.2 * PIXEL;
  let ray = rayThrough(point);
  let hit = traceHead(ray);
  if (occluderAt(point, width).a > 0.5) {
    return 10.0;
  }
  if (glassesAt(ray, hit.t, width) > 0.5) {
    return 9.0;
  }
  if (hit.coverage < 0.5) {
    return 0.0;
  }
  let p = ray.origin + ray.direction * hit.t;
  let parts = partDistances(p);
  if (parts.z < min(parts.x, parts.y)) {
    return 6.0;
  }
  return select(skinMaterial(p, width), 2.0, parts.y < parts.x);
}

@compute @workgroup_size(8)
fn main(@builtin(global_invocation_id) id : vec3u) {
  if (id.x >= SIZE) {
    return;
  }
  face = faces[id.z];
  materials[(id.z * SIZE + id.y) * SIZE + id.x] = materialAt(picturePoint(f32(id.x), f32(id.y)));
}
