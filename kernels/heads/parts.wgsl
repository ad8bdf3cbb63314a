// Part: eyes, teeth, tongue, brows, lashes, hair and hat, as matter (light.wgsl).
//
//   iris   where the angle between the normal and the gaze is below 0.47; pupil below 0.15; limbal ring at 0.45
//   hair   direct = (0.35 sin(t, l) + 0.65 wrap) wrap, and two Kajiya-Kay lobes along the strands t
//
// A library part: no entry point. Parts before: spot, light, noise, skin. Source of the lobes: Kajiya and Kay 1989.

/** The texel of a part that is neither skin nor hat. */
fn partTexel(picture : u32, s : Spot) -> vec4f {
  let style = people[picture].style;
  var texture = MOUTH;
  var layer = select(0u, 1u, s.part == TONGUE);
  var level = 0u;
  if (s.part == EYES) {
    texture = IRISES;
    layer = u32(style.z);
  } else if (s.part == STRANDS) {
    texture = HAIR;
    layer = u32(people[picture].hair.w) - 1u;
    level = hairLevel();
  } else if (s.part == BROW) {
    texture = BROWS;
    layer = u32(style.x);
    level = browLevel();
  } else if (s.part == LASH) {
    texture = LASHES;
    layer = u32(style.y);
  }
  return bilinear(texture, layer, level, s.uv, vec2<bool>(s.part == STRANDS));
}

fn eyeMatter(picture : u32, s : Spot, view : vec3f, texel : vec3f) -> Matter {
  let isRight = s.rest.x > 0.0;
  let centre = select(views[picture].leftEye.xyz, views[picture].rightEye.xyz, isRight);
  let gaze = select(views[picture].leftGaze.xyz, views[picture].rightGaze.xyz, isRight);
  let n = normalize(s.world - centre);
  let angle = acos(clamp(dot(n, gaze), -1.0, 1.0));
  let iris = smoothstep(-0.50, -0.44, -angle);
  let gray = vec3f(dot(texel, vec3f(0.3, 0.55, 0.15)));
  let sclera = mix(gray, texel, 0.6) * vec3f(0.84, 0.79, 0.76);
  var albedo = mix(sclera, mix(gray, texel, people[picture].iris.w) * people[picture].iris.rgb, iris);
  albedo *= 1.0 - 0.5 * smoothstep(0.36, 0.45, angle) * iris; // limbal ring
  albedo *= smoothstep(0.13, 0.17, angle) * 0.97 + 0.03; // pupil
  let occlusion = s.occlusion * mix(1.0, 0.45, smoothstep(0.0, 0.34, s.lift)); // the upper lid
  let l = people[picture].key.xyz;
  let soft = normalize(mix(n, vec3f(0.0, 0.0, 1.0), 0.25));
  let cornea = normalize(n + gaze * iris * 0.35);
  var m = matte(picture, albedo, soft, occlusion);
  m.direct = vec3f(max(dot(soft, l) * 0.8 + 0.2, 0.0));
  m.gloss = vec3f(pow(max(dot(cornea, normalize(view + l)), 0.0), 900.0) * 5.0);
  m.direction = reflect(-view, cornea);
  m.level = 2.0;
  m.mirror = (0.022 + 0.4 * pow(1.0 - max(dot(cornea, view), 0.0), 5.0)) * occlusion * 0.8;
  m.facing = n;
  m.map = FACE_SHADOW;
  return m;
}

fn mouthMatter(picture : u32, s : Spot, view : vec3f, texel : vec3f) -> Matter {
  let n = normalize(s.normal);
  let depth = clamp(0.12 + 1.1 * (s.rest.z - 1.12), 0.1, 0.6); // the further back, the darker
  var m = matte(picture, pow(texel, vec3f(2.2)) * vec3f(0.85, 0.8, 0.74) * depth, n, 1.0);
  m.gloss = vec3f(0.4 * ggx(n, view, people[picture].key.xyz, 0.25, 0.04));
  m.direction = reflect(-view, n);
  m.level = 4.0;
  m.mirror = 0.012;
  m.map = FACE_SHADOW;
  return m;
}

fn browMatter(picture : u32, s : Spot, texel : vec4f) -> Matter {
  let albedo = select(people[picture].brow.rgb * (0.7 + 0.6 * texel.x), vec3f(0.012), s.part == LASH);
  var m = matte(picture, albedo, normalize(s.tangent), s.occlusion);
  m.map = FACE_SHADOW;
  return m;
}

fn hairMatter(picture : u32, s : Spot, view : vec3f, gray : f32) -> Matter {
  let outside = normalize(s.normal);
  let n = select(outside, -outside, dot(outside, view) < 0.0);
  let strands = noise3(vec3f(s.uv.x * 260.0, s.uv.y * 12.0, 1.0));
  let albedo = people[picture].hair.rgb * (0.55 + 0.9 * clamp(gray / 0.35, 0.0, 1.4) * (0.6 + 0.8 * strands));
  let t = normalize(s.tangent + n * (0.25 * (strands - 0.5)) + vec3f(0.0, 1e-6, 0.0));
  let l = people[picture].key.xyz;
  let tl = dot(t, l);
  let tv = dot(t, view);
  let sine = sqrt(max(1.0 - tl * tl, 0.0));
  let spread = max(sine * sqrt(max(1.0 - tv * tv, 0.0)) - tl * tv, 0.0);
  let wrap = clamp((dot(n, l) + 0.4) / 1.4, 0.0, 1.0);
  var m = matte(picture, albedo, n, s.occlusion);
  m.sheen = 0.012 * (0.4 + strands);
  m.direct = vec3f((0.35 * sine + 0.65 * wrap) * wrap);
  m.gloss = wrap * (vec3f(0.10 * pow(spread, 70.0)) + albedo * (0.55 * pow(max(spread - 0.02, 0.0), 18.0)));
  return m;
}

fn hatMatter(picture : u32, s : Spot) -> Matter {
  let angle = 46.0 * atan2(s.rest.x, s.rest.z + 0.1);
  let band = smoothstep(-0.36, -0.32, people[picture].hat.w + 0.22 * (s.rest.z - 1.2) - s.rest.y);
  let outside = normalize(s.normal);
  let side = outOfHead(picture, vec3f(1.0, 0.0, 0.0));
  let n = normalize(outside + 0.25 * visible(30.0) * cos(angle) * side);
  let knit = 0.85 + 0.15 * sin(angle) * visible(30.0) - 0.12 * band;
  var m = matte(picture, people[picture].hat.rgb * knit, n, 0.9);
  m.facing = outside;
  return m;
}

fn matterOf(picture : u32, s : Spot, view : vec3f) -> Matter {
  if (s.part == BODY) {
    return skinMatter(picture, s, view);
  }
  if (s.part == HAT) {
    return hatMatter(picture, s);
  }
  let texel = partTexel(picture, s);
  switch (s.part) {
    case EYES: {
      return eyeMatter(picture, s, view, texel.rgb);
    }
    case TEETH, TONGUE: {
      return mouthMatter(picture, s, view, texel.rgb);
    }
    case STRANDS: {
      return hairMatter(picture, s, view, texel.x);
    }
    default: {
      return browMatter(picture, s, texel);
    }
  }
}
