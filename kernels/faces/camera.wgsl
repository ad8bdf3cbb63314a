// Part: rays through pixels, and the sphere tracing of the head.
//
//   o = PIVOT + R^T ((0, 0, CAMERA_DISTANCE) - PIVOT),  d = R^T normalize((x - shift) / zoom, -CAMERA_DISTANCE)
//   march: t += distance(o + t d)
//
// The head turns about a point of the inner face, so that the face stays where an aligned crop has it.
// Picture coordinates lie in the plane z = 0: x and y run from -FRAME_HALF to FRAME_HALF about the point
// (0, FRAME_CENTER), and y points up.
// A library part: no entry point. Preconditions: constants SIZE, STEPS. Parts before: face, sdf.

/** Half the side of the picture in the plane z = 0, and below it the height of the picture's centre. */
const FRAME_HALF = 1.0;
const FRAME_CENTER = -0.12;
const PIVOT = vec3f(0.0, -0.22, 0.55);
const PIXEL = 2.0 * FRAME_HALF / f32(SIZE);

struct Hit {
  t : f32,
  coverage : f32,
}

/** The point of the picture under the pixel (column, row). Both may be fractions. */
fn picturePoint(column : f32, row : f32) -> vec2f {
  return vec2f((column + 0.5) * PIXEL - FRAME_HALF, FRAME_HALF - (row + 0.5) * PIXEL + FRAME_CENTER);
}

/** The ray through a point of the picture, in head space. */
fn rayThrough(point : vec2f) -> Ray {
  let eye = vec3f(0.0, 0.0, CAMERA_DISTANCE) - PIVOT;
  let ray = normalize(vec3f((point - vec2f(face.shiftX, face.shiftY)) / face.zoom, -CAMERA_DISTANCE));
  return Ray(PIVOT + face.rowX.xyz * eye.x + face.rowY.xyz * eye.y + face.rowZ.xyz * eye.z,
    face.rowX.xyz * ray.x + face.rowY.xyz * ray.y + face.rowZ.xyz * ray.z);
}

/** The distances at which a ray enters and leaves the ellipsoid that contains the whole head. */
fn headBound(ray : Ray) -> vec2f {
  return intersectEllipsoid(ray, vec3f(0.0, -0.15, -0.05), vec3f(1.02, 1.62, 1.16));
}

/**
 * Traces the head. A ray that misses by less than a pixel reports its closest approach with partial coverage, which
 * gives smooth outlines from one ray per pixel. A ray that runs out of steps is still moving along a surface, so it
 * counts as a hit.
 */
fn traceHead(ray : Ray) -> Hit {
  let bound = headBound(ray);
  if (bound.x > bound.y) {
    return Hit(1e3, 0.0);
  }
  var t = bound.x;
  var closest = 1.0;
  var closestT = t;
  for (var step = 0u; step < STEPS; step++) {
    let d = sceneDistance(ray.origin + ray.direction * t);
    if (d < closest) {
      closest = d;
      closestT = t + d;
    }
    t += d;
    if (d < 0.2 * PIXEL || t > bound.y) {
      break;
    }
  }
  if (t < bound.y) {
    return Hit(t, 1.0);
  }
  return Hit(closestT, saturate(1.2 - closest / PIXEL));
}
