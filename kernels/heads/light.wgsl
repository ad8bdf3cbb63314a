// Part: light that reaches a point, and what matter makes of it.
//
//   irradiance = Σ_k c_k Y_k(n) over nine spherical harmonics (over pi; constants are in the coefficients)
//   GGX        = D G F n·l of a rough surface: D of roughness², Schlick-Smith G, Schlick F
//   shadow     = share of 12 taps on a disc, interpolated between four texels each, that the light reaches
//   out        = (albedo + sheen) irradiance ambient + key albedo direct shadow^softness
//              + key gloss shadow + environment(direction, level) mirror
//
// Colours are linear. Each colour has a normal of its own. There is one place for each of the costly terms, which every
// kind of matter passes: a compiler writes their code out at every call.
// A library part: no entry point. Bindings: `people`, `views`, `model`, `visibility`.
// Parts before: person, view, texture, visibility, project.
// Sources: Ramamoorthi and Hanrahan 2001 (irradiance), Walter et al. 2007 (GGX), Schlick 1994.

/** How matter answers to light. */
struct Matter {
  albedo : vec3f,
  sheen : f32, // albedo more for the light of the environment
  normals : mat3x3f, // one column for each colour
  ambient : vec3f, // share of the environment's light
  direct : vec3f, // share of the key light
  softness : vec3f, // power of the shadow in the diffuse light
  gloss : vec3f, // mirrored key light
  direction : vec3f, // where mirrored light of the environment comes from
  level : f32, // of the environment's pyramid
  mirror : f32, // share of it that is mirrored
  facing : vec3f, // unit vector away from the surface, for the shadow
  map : u32, // of shadows
}

/** Matter that scatters light alike in all directions, under a share of the open sky. */
fn matte(picture : u32, albedo : vec3f, n : vec3f, occlusion : f32) -> Matter {
  let direct = max(dot(n, people[picture].key.xyz), 0.0);
  return Matter(albedo, 0.0, mat3x3f(n, n, n), vec3f(occlusion), vec3f(direct), vec3f(1.0), vec3f(0.0), n, 0.0, 0.0, n, CARRIER_SHADOW);
}

/** Irradiance of three colours, each at its own normal. */
fn irradiance(picture : u32, normals : mat3x3f) -> vec3f {
  let n = transpose(normals); // x, y and z of the three
  let a = n[0];
  let b = n[1];
  let c = n[2];
  var e = people[picture].irradiance[0].rgb;
  e += people[picture].irradiance[1].rgb * b + people[picture].irradiance[2].rgb * c + people[picture].irradiance[3].rgb * a;
  e += people[picture].irradiance[4].rgb * (a * b) + people[picture].irradiance[5].rgb * (b * c);
  e += people[picture].irradiance[6].rgb * (3.0 * c * c - 1.0) + people[picture].irradiance[7].rgb * (a * c);
  return max(e + people[picture].irradiance[8].rgb * (a * a - b * b), vec3f(0.0));
}

/** Radiance of the environment from a direction, at a level of its pyramid that may lie between two. */
fn environment(picture : u32, direction : vec3f, level : f32) -> vec3f {
  let turn = people[picture].environment.y;
  let c = cos(turn);
  let s = sin(turn);
  let e = vec3f(c * direction.x + s * direction.z, direction.y, c * direction.z - s * direction.x);
  let uv = vec2f(atan2(e.x, -e.z) / 6.2831853 + 0.5, acos(clamp(e.y, -1.0, 1.0)) / 3.14159265);
  let layer = u32(people[picture].environment.x);
  let low = u32(level);
  let share = level - f32(low);
  var sum = vec3f(0.0);
  for (var k = 0u; k < 2u; k++) {
    sum += select(1.0 - share, share, k == 1u) * radianceAt(layer, low + k, uv);
  }
  return sum * people[picture].environment.z;
}

fn isLit(row : u32, map : u32, texel : vec2i, depth : u32) -> f32 {
  let inside = vec2u(clamp(texel, vec2i(0), vec2i(i32(SHADOW_SIDE) - 1)));
  return select(0.0, 1.0, visibility[shadowAt(row, map, inside)] >= depth);
}

/** 1 in full light, 0 in shadow. `radius`: of the penumbra, in texels. */
fn shadow(row : u32, world : vec3f, facing : vec3f, map : u32) -> f32 {
  let picture = raster.first + row;
  let p = toShadow(picture, world + facing * 0.025);
  let depth = bitcast<u32>(max(p.z - 0.003, 0.0));
  let radius = people[picture].key.w;
  var sum = 0.0;
  for (var k = 0u; k < 12u; k++) {
    let angle = f32(k) * 2.39996;
    let tap = p.xy + radius * sqrt((f32(k) + 0.5) / 12.0) * vec2f(cos(angle), sin(angle)) - 0.5;
    let cell = floor(tap);
    let share = tap - cell;
    let i = vec2i(cell);
    let upper = mix(isLit(row, map, i, depth), isLit(row, map, i + vec2i(1, 0), depth), share.x);
    let lower = mix(isLit(row, map, i + vec2i(0, 1), depth), isLit(row, map, i + vec2i(1, 1), depth), share.x);
    sum += mix(upper, lower, share.y);
  }
  return sum / 12.0;
}

fn ggx(n : vec3f, v : vec3f, l : vec3f, roughness : f32, f0 : f32) -> f32 {
  let h = normalize(v + l);
  let nl = max(dot(n, l), 0.0);
  let nv = max(dot(n, v), 0.05);
  let nh = max(dot(n, h), 0.0);
  let vh = clamp(dot(v, h), 0.0, 1.0);
  let a = roughness * roughness;
  let d = nh * nh * (a * a - 1.0) + 1.0;
  let spread = a * a / (3.14159265 * d * d);
  let k = (roughness + 1.0) * (roughness + 1.0) / 8.0;
  let masking = 0.25 / ((nl * (1.0 - k) + k) * (nv * (1.0 - k) + k));
  return spread * masking * (f0 + (1.0 - f0) * pow(1.0 - vh, 5.0)) * nl;
}

/** Light that matter at a point sends to the camera. `past`: share of the key light that glasses let through. */
fn lightOf(row : u32, world : vec3f, m : Matter, past : f32) -> vec3f {
  let picture = raster.first + row;
  let lit = shadow(row, world, m.facing, m.map) * past;
  let key = people[picture].keyColor.rgb;
  var light = (m.albedo + m.sheen) * irradiance(picture, m.normals) * m.ambient;
  light += key * (m.albedo * m.direct * pow(vec3f(lit), m.softness) + m.gloss * lit);
  if (m.mirror > 0.0) {
    light += environment(picture, m.direction, m.level) * m.mirror;
  }
  return light;
}
