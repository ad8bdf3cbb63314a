// Part: what hangs before the face: glasses in the space of the head, and a disc, a bar or a hand in the picture.
//
// Glasses are two rings or panes in a plane before the eyes, a bridge, and two arms that run back along the temples. An
// occluder is flat for what it covers and round for the light. All of it depends on the attributes alone.
//
// A library part: no entry point. Bindings `people`, `views`.
// Parts before: person, view, head, light.

const PLANE = 0.30; // of the glasses, decimetres before the centres of the eyes
const ARM = 0.70; // sideways distance of the arms from the middle

/** What covers a sample: matter, the share that it lets through, and whether a frame or an object is there. */
struct Cover {
  albedo : vec3f,
  normal : vec3f,
  occlusion : f32,
  lets : f32,
  isThere : bool,
}

/** Nothing. */
fn open_() -> Cover {
  return Cover(vec3f(0.0), vec3f(0.0, 0.0, 1.0), 1.0, 1.0, false);
}

/** Direction of the ray through a sample, of length 1 along −z. */
fn rayAt(picture : u32, sample : vec2u) -> vec3f {
  let ndc = (vec2f(sample) + 0.5) * (2.0 / f32(raster.side)) - 1.0;
  return vec3f((ndc * vec2f(1.0, -1.0) - views[picture].shift.xy) / views[picture].eye.w, -1.0);
}

/** Signed distance to the outline of a pane in the plane of the glasses, and to the bridge between them. */
fn panes(p : vec2f, kind : f32) -> vec2f {
  let m = vec2f(abs(p.x), p.y);
  var pane = 0.0;
  if (kind < 1.5) {
    pane = length((m - vec2f(0.315, -0.03)) * vec2f(1.0, 1.08)) - 0.205;
  } else {
    let corner = abs(m - vec2f(0.325, -0.03)) - vec2f(0.15, 0.075);
    pane = length(max(corner, vec2f(0.0))) + min(max(corner.x, corner.y), 0.0) - 0.08;
  }
  return vec2f(pane, max(abs(m.y - 0.03 - 0.06 * (0.11 - m.x)) - 0.018, m.x - 0.13));
}

/** Glasses on a ray that meets a surface at the depth `end` (1e9: none). */
fn glassesAt(picture : u32, sample : vec2u, end : f32) -> Cover {
  let glasses = people[picture].glasses;
  var cover = open_();
  if (glasses.x < 0.5) {
    return cover;
  }
  let o = intoHead(picture, views[picture].eye.xyz - views[picture].between.xyz) / glasses.y;
  let d = intoHead(picture, rayAt(picture, sample)) / glasses.y;
  let t = (PLANE - o.z) / d.z;
  let shape = panes(o.xy + t * d.xy, glasses.x);
  var tilt = vec3f(0.0, sign(shape.x) * 0.5 + 0.3, 1.0);
  cover.isThere = t > 0.0 && t < end && (abs(shape.x) < 0.02 || shape.y < 0.0);
  if (t > 0.0 && t < end && shape.x < 0.0 && !cover.isThere) {
    cover.lets = 1.0 - glasses.z;
    tilt = vec3f(0.0, 0.0, 1.0);
  }
  for (var side = -1.0; side < 2.0; side += 2.0) {
    let a = (side * ARM - o.x) / d.x;
    let q = o + a * d;
    let isArm = abs(q.y - 0.02 - 0.05 * min(q.z + 0.3, 0.0)) < 0.03 && q.z < PLANE && q.z > -0.95;
    if (isArm && a > 0.0 && a < end && !cover.isThere) {
      cover.isThere = true;
      tilt = vec3f(side, 0.3, 0.2);
    }
  }
  cover.normal = outOfHead(picture, normalize(tilt));
  cover.occlusion = 0.8;
  // a dark pane mirrors a little of what lies before it
  cover.albedo = select(vec3f(0.05 * (1.0 - cover.lets)), people[picture].glassesColor.rgb + 0.02, cover.isThere);
  cover.lets = select(cover.lets, 0.0, cover.isThere);
  return cover;
}

/** How much key light a point of the head gets past the glasses. */
fn pastGlasses(picture : u32, world : vec3f) -> f32 {
  let glasses = people[picture].glasses;
  if (glasses.x < 0.5) {
    return 1.0;
  }
  let o = intoHead(picture, world - views[picture].between.xyz) / glasses.y;
  let d = intoHead(picture, people[picture].key.xyz) / glasses.y;
  let t = (PLANE - o.z) / d.z;
  if (!(t > 0.0)) {
    return 1.0;
  }
  let shape = panes(o.xy + t * d.xy, glasses.x);
  let frame = smoothstep(-0.035, -0.01, -min(abs(shape.x), max(shape.y, 0.0)));
  return (1.0 - 0.75 * frame) * mix(1.0, 1.0 - 0.8 * glasses.z, smoothstep(-0.01, 0.01, -shape.x));
}

/** How high a rounded stick from a to b stands above the picture at p, in its radius, and the tilt of its surface. */
fn stick(p : vec2f, a : vec2f, b : vec2f, radius : f32) -> vec3f {
  let along = b - a;
  let offset = (p - a - along * clamp(dot(p - a, along) / dot(along, along), 0.0, 1.0)) / radius;
  return vec3f(offset, radius * sqrt(max(1.0 - dot(offset, offset), 0.0)));
}

/** Keeps the higher of two sticks. */
fn higher(a : vec3f, b : vec3f) -> vec3f {
  return select(a, b, b.z > a.z);
}

/** Height of a hand in sizes of an occluder, which are radii of a disc. */
const HAND = 2.6;

/** A stick of a hand: its ends and its radius, in heights of the hand. */
struct Bone {
  a : vec2f,
  b : vec2f,
  radius : f32,
}

/** A hand from below: forearm, palm, four fingers and a thumb. */
const bones = array<Bone, 8>(
  Bone(vec2f(0.0, -0.35), vec2f(0.05, -3.0), 0.19),
  Bone(vec2f(-0.09, -0.02), vec2f(-0.05, -0.3), 0.16),
  Bone(vec2f(0.09, -0.02), vec2f(0.05, -0.3), 0.16),
  Bone(vec2f(-0.19, 0.02), vec2f(-0.27, 0.33), 0.058),
  Bone(vec2f(-0.07, 0.05), vec2f(-0.09, 0.47), 0.064),
  Bone(vec2f(0.06, 0.05), vec2f(0.08, 0.5), 0.066),
  Bone(vec2f(0.18, 0.03), vec2f(0.23, 0.42), 0.062),
  Bone(vec2f(0.14, -0.28), vec2f(0.4, 0.02), 0.075),
);

/** The occluder of a sample. */
fn occluderAt(picture : u32, sample : vec2u) -> Cover {
  let place = people[picture].occluder;
  var cover = open_();
  if (place.x < 0.5) {
    return cover;
  }
  let p = ((vec2f(sample) + 0.5) / f32(raster.side) - 0.5 - place.yz) * vec2f(1.0, -1.0);
  // bars and arms come from the left, from below or from the right
  let angle = select(place.w, place.w - 1.5707963, place.x > 2.5);
  let c = cos(angle);
  let s = sin(angle);
  let q = vec2f(c * p.x + s * p.y, c * p.y - s * p.x) / people[picture].occluderColor.w;
  var top = vec3f(0.0);
  if (place.x < 2.5) {
    let isDisc = place.x < 1.5;
    let end = select(vec2f(-20.0, 0.0), vec2f(1e-4, 0.0), isDisc);
    top = stick(q, vec2f(0.0), end, select(0.4, 1.0, isDisc));
  } else {
    for (var k = 0u; k < 8u; k++) {
      let bone = bones[k];
      top = higher(top, stick(q / HAND, bone.a, bone.b, bone.radius));
    }
  }
  let tilt = vec2f(c * top.x - s * top.y, s * top.x + c * top.y);
  cover.isThere = top.z > 0.0;
  cover.lets = select(1.0, 0.0, cover.isThere);
  cover.normal = normalize(vec3f(tilt, sqrt(max(1.0 - dot(tilt, tilt), 0.0)) + 0.15));
  cover.albedo = people[picture].occluderColor.rgb;
  return cover;
}

/** Light that a cover sends to the camera. */
fn coverLight(picture : u32, cover : Cover) -> vec3f {
  let n = cover.normal;
  let direct = people[picture].keyColor.rgb * max(dot(n, people[picture].key.xyz), 0.0);
  return cover.albedo * (irradiance(picture, mat3x3f(n, n, n)) * cover.occlusion + direct);
}
