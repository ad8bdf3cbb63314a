// The inner-face mask: 1 where the face of any identity may show under these attributes, 0 elsewhere.
//
//   mask = (ray meets the face envelope) * (no hair before it) * (1 - occluder)
//
// The mask depends on attributes alone. Therefore a swap, its target and its exact ground truth share one mask, and two
// identities under the same attributes differ only inside it. The outline of cheeks, jaw and chin lies inside the mask,
// because a swap also moves that outline.
//
// Memory: `faces` [batch] Face; `mask` f32 [batch, SIZE, SIZE, 1]. Tile: one thread per pixel, one ray each.
// Preconditions: constants SIZE, STEPS. Parts before: face, sdf, camera, paint, surroundings.
// Dispatch: (ceil(SIZE / 8), SIZE, batch).

@group(0) @binding(0) var<storage, read> faces : array<Face>;
@group(0) @binding(1) var<storage, read_write> mask : array<f32>;

/** Traces a ray against the hair alone, because the rest of the head depends on the identity. */
fn hairBefore(ray : Ray, end : f32) -> bool {
  var t = headBound(ray).x;
  for (var step = 0u; step < 16u && t < end; step++) {
    let d = hairDistance(ray.origin + ray.direction * t);
    if (d < 0.004) {
      return true;
    }
    t += d * 0.9;
  }
  return false;
}

@compute @workgroup_size(8)
fn main(@builtin(global_invocation_id) id : vec3u) {
  if (id.x >= SIZE) {
    return;
  }
  face = faces[id.z];
  let point = picturePoint(f32(id.x), f32(id.y));
  let ray = rayThrough(point);
  let envelope = faceEnvelope(ray);
  var value = 0.0;
  if (envelope < 1e3 && !hairBefore(ray, envelope)) {
    value = 1.0 - occluderAt(point, 1.2 * PIXEL).a;
  }
  mask[(id.z * SIZE + id.y) * SIZE + id.x] = value;
}
