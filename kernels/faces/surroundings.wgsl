// Part: what is not the head: the background behind it, glasses and an occluding object in front.
//
// All of this depends on attributes alone. `width` is the width over which an edge is softened, about a pixel.
// A library part: no entry point. Parts before: face, sdf, camera, paint.

fn background(point : vec2f) -> vec3f {
  let a = vec3f(face.backgroundRed, face.backgroundGreen, face.backgroundBlue);
  let b = vec3f(face.secondBackgroundRed, face.secondBackgroundGreen, face.secondBackgroundBlue);
  let pattern = face.backgroundPattern;
  let p = point * (1.0 + fract(pattern) * 3.0) + face.backgroundSeed;
  var t = 0.5 + 0.5 * point.y;
  if (pattern > 3.0) {
    t = 0.5 + 0.5 * sin(3.0 * p.x + 2.0 * p.y);
  } else if (pattern > 1.0) {
    t = valueNoise(p);
  }
  let color = mix(a, b, saturate(t));
  return color * color;
}

/**
 * Returns colour and coverage of an arm, bar or microphone that enters the picture, modelled as a capsule that extends
 * outwards from a point.
 */
fn occluderAt(point : vec2f, width : f32) -> vec4f {
  if (face.occluder <= 0.0) {
    return vec4f(0.0);
  }
  let along = vec2f(cos(face.occluderAngle), -sin(face.occluderAngle));
  let p = point - vec2f(face.occluderX, face.occluderY);
  let distance = length(p - along * max(dot(p, along), 0.0)) - face.occluder;
  let tone = vec3f(face.occluderColor, fract(face.occluderColor * 7.0), fract(face.occluderColor * 13.0));
  let color = select(tone * tone, face.skin.rgb, face.occluderColor < 0.3);
  let round = 0.55 + 0.45 * saturate(-distance / face.occluder);
  return vec4f(color * round, inside(distance, width));
}

/**
 * Coverage of the frame of the glasses: a pair of rounded rectangles and a bridge, in a plane in front of the eyes. `t`
 * is the distance at which the ray hits the head.
 */
fn glassesAt(ray : Ray, t : f32, width : f32) -> f32 {
  let plane = (0.75 - ray.origin.z) / ray.direction.z;
  if (face.glasses <= 0.0 || plane > t) {
    return 0.0;
  }
  let q = (ray.origin + ray.direction * plane).xy / face.glassesSize - vec2f(0.0, 0.03);
  let m = vec2f(abs(q.x), q.y);
  let corner = abs(m - vec2f(0.295, 0.0)) - vec2f(0.10, 0.06);
  let lens = length(max(corner, vec2f(0.0))) + min(max(corner.x, corner.y), 0.0) - 0.09;
  let bridge = max(abs(m.y - 0.06) - 0.018, m.x - 0.10);
  return inside(min(abs(lens) - 0.018, bridge), width);
}
