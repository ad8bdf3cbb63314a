// Part: the head as a signed distance: smooth unions of a dozen ellipsoids, spheres and capsules.
//
//   smoothMin(a, b, k) = min(a, b) - h^2 k / 4,  h = max(k - |a - b|, 0) / k        (polynomial smooth minimum, Quilez)
//   ellipsoid(p, r)    = k0 (k0 - 1) / k1,       k0 = |p / r|,  k1 = |p / r^2|      (first-order distance)
//
// The cranium, ears, neck and hair depend on attributes only, so that an identity changes nothing outside the face. The
// envelope that `faceEnvelope` intersects contains every identity's face. The head is symmetric, so distances use |x|.
// The face is kept in private memory, because otherwise a dozen evaluations per pixel would each fetch it from storage.
// A library part: no entry point. Parts before: face.

var<private> face : Face;

fn smoothMin(a : f32, b : f32, k : f32) -> f32 {
  let h = max(k - abs(a - b), 0.0);
  return min(a, b) - h * h * (0.25 / k);
}

fn smoothMax(a : f32, b : f32, k : f32) -> f32 {
  return -smoothMin(-a, -b, k);
}

fn ellipsoid(p : vec3f, radius : vec3f) -> f32 {
  let q = p / radius;
  let k0 = length(q);
  return k0 * (k0 - 1.0) / (length(q / radius) + 1e-6);
}

fn capsule(p : vec3f, a : vec3f, b : vec3f, radius : f32) -> f32 {
  let ap = p - a;
  let ab = b - a;
  return length(ap - ab * saturate(dot(ap, ab) / dot(ab, ab))) - radius;
}

/**
 * The distance to a capsule whose radius grows from `ra` at a to `rb` at b. The radius is that at the nearest point of
 * the axis, which is exact enough for slender cones.
 */
fn taperedCapsule(p : vec3f, a : vec3f, b : vec3f, ra : f32, rb : f32) -> f32 {
  let ap = p - a;
  let ab = b - a;
  let t = saturate(dot(ap, ab) / dot(ab, ab));
  return length(ap - ab * t) - mix(ra, rb, t);
}

fn eyeRadius() -> f32 {
  return face.eyeSize * 1.12;
}

fn eyeCenter() -> vec3f {
  return vec3f(face.eyeDistance, face.eyeHeight, 0.715 - eyeRadius());
}

/**
 * The position of a point in the frame of the eye, in half widths of the eye: x points outwards along the slant, y up.
 * `p` must be mirrored to x > 0.
 */
fn eyeFrame(p : vec3f) -> vec2f {
  let d = (p.xy - vec2f(face.eyeDistance, face.eyeHeight)) / face.eyeSize;
  return vec2f(d.x, d.y - face.eyeSlant * d.x);
}

/** The signed height above the line of the lids, in half widths; negative inside the almond between two parabolas. */
fn lidGap(e : vec2f) -> f32 {
  let arc = 1.0 - e.x * e.x;
  let open = face.iris.w;
  return max(e.y - open * arc, -0.62 * open * arc - e.y);
}

/** The degree, 0 to 1, to which the lips stand out at a point of the front of the head. */
fn lipProfile(p : vec3f) -> f32 {
  let x = p.x / face.hair.w;
  let arc = max(1.0 - x * x, 0.0);
  let y = p.y - face.rowY.w - face.rowX.w * x * x;
  let gap = face.light.w * 0.5 * arc;
  let upper = saturate((y - gap) / (face.lipUpper * arc + 1e-3));
  let lower = saturate((-gap - y) / (face.lipLower * arc + 1e-3));
  return arc * 4.0 * (upper * (1.0 - upper) + lower * (1.0 - lower));
}

fn skinDistance(p : vec3f) -> f32 {
  let m = vec3f(abs(p.x), p.y, p.z);
  let chin = face.lip.w;
  let mouth = face.rowY.w;
  let noseBase = face.rowZ.w;
  let eyes = face.eyeHeight;
  var d = ellipsoid(p - vec3f(0.0, 0.28, -0.10), vec3f(0.70, 0.76, 0.86));
  // the mass of the face, the jaw line, the cheek bones, the bulge under the lips
  d = smoothMin(d, ellipsoid(p - vec3f(0.0, 0.5 * (chin + 0.32), 0.10),
    vec3f(0.56 * face.faceWidth, 0.5 * (0.32 - chin) + 0.10, 0.62)), 0.16);
  let jaw = vec3f(sqrt(p.x * p.x + 0.008), p.y, p.z); // a smooth |x|, so that the jaw line has no cleft
  let chinPoint = vec3f(face.chinWidth, chin, 0.44 + face.chinForward);
  d = smoothMin(d, capsule(jaw, vec3f(face.jawWidth, 0.42 * chin, 0.04), chinPoint, 0.15), 0.14);
  d = smoothMin(d, length(m - vec3f(0.40 * face.faceWidth, eyes - 0.18 + 0.3 * face.rowX.w, 0.40)) - (0.19 + face.cheek), 0.14);
  d = smoothMin(d, ellipsoid(p - vec3f(0.0, mouth + 0.01, 0.50), vec3f(0.28, 0.20, 0.18)), 0.10);
  // brow ridge, sockets
  d = smoothMin(d, capsule(m, vec3f(0.07, eyes + 0.19, 0.69), vec3f(0.40, eyes + 0.17, 0.52), 0.055), 0.12);
  d = smoothMax(d, -(length(m - vec3f(face.eyeDistance, eyes, 0.90)) - face.eyeSize * 1.45), 0.08);
  // nose: bridge, tip, wings
  let tip = vec3f(0.0, noseBase + 0.07 + face.noseTip, 0.74 + face.noseForward);
  let bridge = vec3f(0.0, eyes + 0.10, 0.70 + face.noseBridge);
  d = smoothMin(d, taperedCapsule(p, bridge, tip, 0.045, 0.05 + 0.25 * face.noseWidth), 0.07);
  let wing = vec3f(face.noseWidth, noseBase + 0.035, 0.72 + 0.45 * face.noseForward);
  d = smoothMin(d, length(m - wing) - (0.035 + 0.28 * face.noseWidth), 0.05);
  // lids: skin over the eyeball, with an opening in the shape of an almond
  let center = eyeCenter();
  d = smoothMin(d, length(m - center) - eyeRadius() - 0.016, 0.03);
  d = smoothMax(d, -lidGap(eyeFrame(m)) * face.eyeSize * 0.7 - max(0.55 - p.z, 0.0), 0.02);
  d -= 0.03 * lipProfile(p) * step(0.3, p.z);
  // neck, ears
  d = smoothMin(d, capsule(p, vec3f(0.0, -0.6, -0.20), vec3f(0.0, -2.0, -0.32), face.neckWidth), 0.12);
  d = smoothMin(d, ellipsoid(m - vec3f(0.72, -0.02, -0.12), vec3f(0.08, 0.20, 0.12) * face.earSize), 0.05);
  return d;
}

fn eyeDistanceField(p : vec3f) -> f32 {
  return length(vec3f(abs(p.x), p.y, p.z) - eyeCenter()) - eyeRadius();
}

fn hairDistance(p : vec3f) -> f32 {
  let volume = face.hairVolume;
  var d = ellipsoid(p - vec3f(0.0, 0.34, -0.12), vec3f(0.71, 0.76, 0.85) + volume);
  if (face.hairLength < -0.35) {
    d = smoothMin(d, ellipsoid(p - vec3f(0.0, -0.35, -0.30), vec3f(0.70 + volume, 0.95, 0.55)), 0.12);
  }
  let line = face.hairLine + face.hairPart * p.x + face.hairFringe * (0.2 - p.x * p.x);
  let front = line - p.y - 1.5 * max(0.40 - p.z, 0.0);
  d = smoothMax(d, max(front, face.hairLength - p.y) * 0.6, 0.05);
  return d + face.hairBald;
}

/** The distances to skin, eyes and hair. The part with the smallest distance is visible. */
fn partDistances(p : vec3f) -> vec3f {
  return vec3f(skinDistance(p), eyeDistanceField(p), hairDistance(p));
}

/** A step that cannot overshoot. It is shortened, because smooth unions and cuts overestimate distances a little. */
fn sceneDistance(p : vec3f) -> f32 {
  let parts = partDistances(p);
  return 0.85 * min(parts.x, min(parts.y, parts.z));
}

/**
 * The distance to the parts that block the key light, for soft shadows: the cranium, a jaw of average shape and the
 * nose. The other parts cast no visible shadow.
 */
fn blockerDistance(p : vec3f) -> f32 {
  var d = ellipsoid(p - vec3f(0.0, 0.28, -0.10), vec3f(0.68, 0.74, 0.84));
  d = min(d, ellipsoid(p - vec3f(0.0, -0.24, 0.10), vec3f(0.50, 0.62, 0.58)));
  let tip = vec3f(0.0, face.rowZ.w + 0.07 + face.noseTip, 0.74 + face.noseForward);
  d = min(d, capsule(p, vec3f(0.0, face.eyeHeight + 0.10, 0.68), tip, 0.05));
  return d;
}

struct Ray {
  origin : vec3f,
  direction : vec3f,
}

/** The distances (t0, t1) at which a ray enters and leaves an ellipsoid; t0 > t1 if it misses. */
fn intersectEllipsoid(ray : Ray, center : vec3f, radius : vec3f) -> vec2f {
  let o = (ray.origin - center) / radius;
  let d = ray.direction / radius;
  let a = dot(d, d);
  let b = dot(o, d);
  let h = b * b - a * (dot(o, o) - 1.0);
  let root = sqrt(max(h, 0.0));
  return select(vec2f(1.0, -1.0), vec2f(-b - root, -b + root) / a, h > 0.0);
}

/**
 * The distance at which a ray enters the two ellipsoids that contain every identity's face, one for cheeks and brows
 * and one for jaw and chin; 1e3 if it misses both.
 */
fn faceEnvelope(ray : Ray) -> f32 {
  let upper = intersectEllipsoid(ray, vec3f(0.0, -0.03, 0.18), vec3f(0.77, 0.62, 0.95));
  let lower = intersectEllipsoid(ray, vec3f(0.0, -0.46, 0.20), vec3f(0.68, 0.64, 0.88));
  return min(select(1e3, upper.x, upper.x < upper.y), select(1e3, lower.x, lower.x < lower.y));
}
