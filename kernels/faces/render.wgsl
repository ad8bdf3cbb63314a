// Renders a batch of faces: one ray per pixel and sample, sphere-traced through the head of sdf.wgsl.
//
//   ray: o = R^T (0, 0, CAMERA_DISTANCE),  d = R^T normalize((x - shift) / zoom, -CAMERA_DISTANCE);  t += distance(o + t d)
//   display = (sqrt(light) - 1/2) contrast + 1/2 + noise
//
// Memory: `faces` [BATCH] Face (draw.wgsl, derive.wgsl); `image` f32 [BATCH, SIZE, SIZE, 3] in [0, 1];
// `mask` f32 [BATCH, SIZE, SIZE, 1] when WITH_MASK: 1 where any identity's face may show, which depends on attributes alone.
// Tile: one invocation per pixel, eight in a row share one face. Misses near the silhouette are blended by their closest
// approach to the head, which gives smooth outlines without supersampling; SAMPLES = 2 adds 2 x 2 rays per pixel.
// Preconditions: constants BATCH, SIZE (multiple of 8), SAMPLES, STEPS, SHADOW_STEPS, WITH_MASK. Parts before: face, sdf, paint,
// shading, surroundings.
// Dispatch: (SIZE / 8, SIZE, BATCH).

@group(0) @binding(0) var<storage, read> faces : array<Face>;
@group(0) @binding(1) var<storage, read_write> image : array<f32>;
@group(0) @binding(2) var<storage, read_write> mask : array<f32>;

/** Half the side of the picture in the plane z = 0, and the height of its centre. */
const FRAME_HALF = 1.12;
const FRAME_CENTER = -0.06;

/** Sensor noise of unit deviation: three hashed words per pixel, seeded by the attributes alone. */
fn pixelNoise(pixel : u32) -> vec3f {
  let seed = hashWord(pixel + bitcast<u32>(face.backgroundSeed));
  let words = vec3u(seed, hashWord(seed), hashWord(seed + 0x9E3779B9u));
  let halves = vec3f(words & vec3u(0xffffu)) + vec3f(words >> vec3u(16u));
  return (halves * (1.0 / 65536.0) - 1.0) * 2.4494897; // a sum of two uniforms has variance 1/6
}

struct Sample {
  color : vec3f,
  inFace : f32,
}

/**
 * 1 where any identity's face may show: inside the envelope and not behind hair. Hair is marched alone, up to the envelope, so
 * that the answer holds for every identity.
 */
fn faceCoverage(origin : vec3f, direction : vec3f, start : f32) -> f32 {
  let envelope = faceEnvelope(origin, direction);
  if (envelope.x > envelope.y) {
    return 0.0;
  }
  var t = start;
  for (var step = 0u; step < 16u && t < envelope.x; step++) {
    let d = hairDistance(origin + direction * t);
    if (d < 0.004) {
      return 0.0;
    }
    t += d * 0.9;
  }
  return 1.0;
}

fn trace(x : f32, y : f32, pixel : f32) -> Sample {
  let ray = normalize(vec3f((x - face.shiftX) / face.zoom, (y - face.shiftY) / face.zoom, -CAMERA_DISTANCE));
  let origin = CAMERA_DISTANCE * face.rowZ.xyz;
  let direction = face.rowX.xyz * ray.x + face.rowY.xyz * ray.y + face.rowZ.xyz * ray.z;
  var color = background(x, y);

  let bound = intersectEllipsoid(origin, direction, vec3f(0.0, -0.15, -0.05), vec3f(1.02, 1.62, 1.16));
  var t = bound.x;
  var closest = 1.0;
  var closestT = t;
  for (var step = 0u; step < STEPS; step++) {
    let d = sceneDistance(origin + direction * t);
    if (d < closest) {
      closest = d;
      closestT = t + d;
    }
    t += d;
    if (d < 0.2 * pixel || t > bound.y) {
      break;
    }
  }
  // a ray that ran out of steps still creeps along a surface: it counts as a hit
  let hit = t < bound.y;
  t = select(closestT, t, hit);
  if (bound.x < bound.y && (hit || closest < pixel)) {
    let p = origin + direction * t;
    let coverage = select(saturate(1.2 - closest / pixel), 1.0, hit);
    color = mix(color, shade(p, direction, pixel * 1.2), coverage);
  }
  let frame = glassesAt(origin, direction, t, pixel * 1.2);
  color = mix(color, vec3f(0.02, 0.015, 0.01) + 0.2 * max(face.glasses - 0.7, 0.0), frame);
  let occluder = occluderAt(x, y, pixel * 1.2);
  color = mix(color, occluder.rgb, occluder.a);
  if (!WITH_MASK) {
    return Sample(color, 0.0);
  }
  return Sample(color, faceCoverage(origin, direction, bound.x) * (1.0 - occluder.a));
}

@compute @workgroup_size(8)
fn renderFaces(@builtin(global_invocation_id) id : vec3u) {
  face = faces[id.z];
  let pixel = 2.0 * FRAME_HALF / f32(SIZE);
  let share = pixel / f32(SAMPLES);
  let x = (f32(id.x) + 0.5) * pixel - FRAME_HALF;
  let y = FRAME_HALF - (f32(id.y) + 0.5) * pixel + FRAME_CENTER;
  var color = vec3f(0.0);
  var inFace = 0.0;
  for (var s = 0u; s < SAMPLES * SAMPLES; s++) {
    let offset = vec2f(f32(s % SAMPLES), f32(s / SAMPLES)) - 0.5 * f32(SAMPLES - 1u);
    let sample = trace(x + offset.x * share, y + offset.y * share, pixel);
    color += sample.color;
    inFace += sample.inFace;
  }
  let scale = 1.0 / f32(SAMPLES * SAMPLES);
  let at = (id.z * SIZE + id.y) * SIZE + id.x;
  color = saturate((sqrt(saturate(color * scale)) - 0.5) * face.contrast + 0.5);
  if (face.sensorNoise > 0.0) {
    color = saturate(color + face.sensorNoise * pixelNoise(id.y * SIZE + id.x));
  }
  image[3u * at] = color.r;
  image[3u * at + 1u] = color.g;
  image[3u * at + 2u] = color.b;
  if (WITH_MASK) {
    mask[at] = inFace * scale;
  }
}
