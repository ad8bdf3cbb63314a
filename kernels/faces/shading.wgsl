// Light on a point of the head: wrapped Lambert under one key light, a sky-to-ground ambient, soft shadow, one-tap occlusion,
// Blinn highlights.
//
//   out = albedo (sky 1.6 ambient AO + key 1.5 (1 - ambient) shadow (n.l + w) / (1 + w)) + key specular (n.h)^gloss / 2
//
// w is larger in red than in blue for skin, the cheap stand-in for light that travels under it. Linear light throughout.
// A library part: no entry point. Preconditions: constant SHADOW_STEPS. Parts before: face, sdf, paint.

fn normalAt(p : vec3f) -> vec3f {
  // tetrahedron: four evaluations instead of six
  let e = 0.006;
  let k = vec2f(1.0, -1.0);
  return normalize(k.xyy * sceneDistance(p + e * k.xyy) + k.yyx * sceneDistance(p + e * k.yyx)
    + k.yxy * sceneDistance(p + e * k.yxy) + k.xxx * sceneDistance(p + e * k.xxx));
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
  let normal = normalAt(p);
  let skin = skinDistance(p);
  let eye = eyeDistanceField(p);
  let hair = hairDistance(p);
  let isEye = eye < min(skin, hair);
  let isHair = hair < min(skin, eye);
  var albedo = skinPaint(p, width);
  if (isEye) {
    albedo = eyeColor(p, width);
  }
  if (isHair) {
    albedo = hairPaint(p);
  }
  let light = face.light.xyz;
  let shadow = softShadow(p + normal * 0.03, light);
  let occlusion = saturate(0.45 + 0.55 * sceneDistance(p + normal * 0.12) / 0.09);
  let facing = dot(normal, light);
  // light wraps further in red than in blue, as under skin
  let wrap = select(vec3f(0.30, 0.20, 0.16), vec3f(0.1), isHair || isEye);
  let diffuse = saturate((facing + wrap) / (1.0 + wrap)) * (0.15 + 0.85 * shadow);
  let up = face.rowY.xyz;
  let sky = mix(vec3f(0.75, 0.72, 0.70), vec3f(1.05, 1.08, 1.12), 0.5 + 0.5 * dot(normal, up));
  let halfway = normalize(light - direction);
  let gloss = select(select(24.0, 14.0, isHair), 120.0, isEye);
  let specular = face.skin.w * pow(saturate(dot(normal, halfway)), gloss) * shadow * select(0.6, 2.0, isEye);
  let key = face.lightColor.rgb;
  let ambient = face.lightColor.w;
  return albedo * (sky * (1.6 * ambient * occlusion) + key * (1.5 * (1.0 - ambient)) * diffuse) + key * specular * 0.5;
}
