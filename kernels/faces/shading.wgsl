// Part: light on a point of the head: wrapped Lambert under one key light, a sky-to-ground ambient, soft shadow,
// one-tap occlusion, Blinn highlights.
//
//   out = albedo (sky 1.15 ambient AO + key 1.25 (1 - ambient) shadow (n.l + w) / (1 + w))
//         + key specular (n.h)^gloss / 2
//
// For skin, w is larger in red than in blue, which is a cheap approximation of subsurface scattering. All light values
// are linear.
// A library part: no entry point. Preconditions: constant SHADOW_STEPS. Parts before: face, sdf, paint.

struct Surface {
  normal : vec3f,
  occlusion : f32, // 1 on open surfaces, smaller in folds
  parts : vec3f, // distances to skin, eyes and hair; the nearest is visible
}

/**
 * Evaluates the distance around a hit: four times on a tetrahedron for the normal, once at the point itself for the
 * material, and once along the normal for occlusion. One loop replaces six calls, because the compiler would inline the
 * code of the head into every call.
 */
fn surfaceAt(p : vec3f) -> Surface {
  var gradient = vec3f(0.0);
  var result = Surface(vec3f(0.0), 1.0, vec3f(0.0));
  for (var probe = 0u; probe < 6u; probe++) {
    let corner = select(vec3f(-1.0), vec3f(1.0), vec3<bool>(probe == 0u || probe == 3u, probe == 1u || probe == 3u, probe == 2u || probe == 3u));
    var offset = 0.006 * corner;
    if (probe == 4u) {
      offset = vec3f(0.0);
    } else if (probe == 5u) {
      offset = 0.12 * result.normal;
    }
    let parts = partDistances(p + offset);
    let d = min(parts.x, min(parts.y, parts.z));
    if (probe < 4u) {
      gradient += corner * d;
      result.normal = normalize(gradient + vec3f(0.0, 0.0, 1e-9));
    } else if (probe == 4u) {
      result.parts = parts;
    } else {
      result.occlusion = saturate(0.45 + 5.2 * d);
    }
  }
  return result;
}

fn softShadow(p : vec3f, light : vec3f) -> f32 {
  var shadow = 1.0;
  var t = 0.08;
  for (var step = 0u; step < SHADOW_STEPS; step++) {
    let d = blockerDistance(p + light * t);
    shadow = min(shadow, saturate(0.5 + 5.0 * d / t));
    t += clamp(d, 0.05, 0.35);
  }
  return shadow;
}

fn shade(p : vec3f, direction : vec3f, width : f32) -> vec3f {
  let surface = surfaceAt(p);
  let normal = surface.normal;
  let isEye = surface.parts.y < min(surface.parts.x, surface.parts.z);
  let isHair = surface.parts.z < min(surface.parts.x, surface.parts.y);
  var albedo = skinPaint(p, width);
  if (isEye) {
    albedo = eyeColor(p, width);
  }
  if (isHair) {
    albedo = hairPaint(p);
  }
  let light = face.light.xyz;
  let shadow = softShadow(p + normal * 0.03, light);
  let facing = dot(normal, light);
  // Red light wraps further around the surface than blue light, as subsurface scattering in skin does.
  let wrap = select(vec3f(0.30, 0.20, 0.16), vec3f(0.1), isHair || isEye);
  let diffuse = saturate((facing + wrap) / (1.0 + wrap)) * (0.15 + 0.85 * shadow);
  let up = face.rowY.xyz;
  let sky = mix(vec3f(0.75, 0.72, 0.70), vec3f(1.05, 1.08, 1.12), 0.5 + 0.5 * dot(normal, up));
  let halfway = normalize(light - direction);
  let gloss = select(select(24.0, 14.0, isHair), 120.0, isEye);
  let specular = face.skin.w * pow(saturate(dot(normal, halfway)), gloss) * shadow * select(0.6, 2.0, isEye);
  let key = face.lightColor.rgb;
  let ambient = face.lightColor.w;
  return albedo * (sky * (1.15 * ambient * surface.occlusion) + key * (1.25 * (1.0 - ambient)) * diffuse) + key * specular * 0.5;
}
