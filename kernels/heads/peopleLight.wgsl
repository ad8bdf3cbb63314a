// Part: the light of a head: key light, environment, exposure and white balance.
//
//   E(n) / pi = s0 + s1 y + s2 z + s3 x + s4 xy + s5 yz + s6 (3 z^2 - 1) + s7 xz + s8 (x^2 - y^2)
//   turned about y by t, with c = cos t, d = sin t (a direction e of the map points to (c e.x - d e.z, e.y, d e.x +
//   c e.z)): (x, z) and (xy, yz) turn as vectors, xx, zz and xz as a symmetric matrix.
//   gain     = ambient / (0.55 luminance of E / pi, mean of four directions before the face, + 0.2 over all + 0.25
//   behind): without the last, what lies behind a face against the light burns out
//   exposure = (0.3 / (albedo light))^0.62 (0.9 / light)^0.2: a camera that meters the skin
//   white    = (luminance / colour)^0.65 of the light from the front
//
// Memory: `environments` nine vec4f per layer (packages/faces/src/heads/people/environments.ts).
// A library part: no entry point. Parts before: peopleMixture.

@group(0) @binding(2) var<storage, read> environments : array<vec4f>;

fn luminance(c : vec3f) -> f32 {
  return dot(c, vec3f(0.2126, 0.7152, 0.0722));
}

struct KeyLight {
  direction : vec3f,
  color : vec3f,
  ambient : f32,
}

/** The colour of a hue in [0, 1), of full saturation and value. */
fn hueColor(hue : f32) -> vec3f {
  return saturate(abs(fract(hue + vec3f(0.0, 2.0 / 3.0, 1.0 / 3.0)) * 6.0 - 3.0) - 1.0);
}

fn keyLight() -> KeyLight {
  let angles = radians(vec2f(drawn(KEY_AZIMUTH), drawn(KEY_ELEVATION)));
  let strength = drawn(KEY_STRENGTH);
  let warmth = drawn(KEY_WARMTH);
  let tint = drawn(KEY_TINT);
  let direction = vec3f(sin(angles.x) * cos(angles.y), sin(angles.y), cos(angles.x) * cos(angles.y));
  let color = strength * vec3f(1.0 + warmth, 1.0, 1.0 - warmth) * (1.0 - tint + 1.5 * tint * hueColor(drawn(KEY_HUE)));
  return KeyLight(direction, color, select(1.0, drawn(AMBIENT), strength > 0.0));
}

alias Harmonics = array<vec3f, 9>;

fn turnedEnvironment(layer : u32, turn : f32, contrast : f32) -> Harmonics {
  var s : Harmonics;
  for (var n = 0u; n < 9u; n++) {
    s[n] = environments[9u * layer + n].xyz * select(contrast, 1.0, n == 0u);
  }
  let c = cos(turn);
  let d = sin(turn);
  return Harmonics(
    s[0],
    s[1],
    c * s[2] + d * s[3],
    c * s[3] - d * s[2],
    c * s[4] - d * s[5],
    c * s[5] + d * s[4],
    0.5 * (d * d * s[8] + (2.0 * c * c - d * d) * s[6] + c * d * s[7]),
    2.0 * c * d * s[8] - 6.0 * c * d * s[6] + (c * c - d * d) * s[7],
    0.5 * ((c * c + 1.0) * s[8] + (1.0 - c * c + 2.0 * d * d) * s[6] - c * d * s[7]),
  );
}

fn irradianceAt(s : Harmonics, n : vec3f) -> vec3f {
  return s[0] + s[1] * n.y + s[2] * n.z + s[3] * n.x + s[4] * (n.x * n.y) + s[5] * (n.y * n.z) +
    s[6] * (3.0 * n.z * n.z - 1.0) + s[7] * (n.x * n.z) + s[8] * (n.x * n.x - n.y * n.y);
}

fn frontLuminance(s : Harmonics) -> f32 {
  return 0.25 * (max(0.0, luminance(irradianceAt(s, vec3f(0.0, 0.0, 1.0)))) +
    max(0.0, luminance(irradianceAt(s, vec3f(0.6, 0.0, 0.8)))) +
    max(0.0, luminance(irradianceAt(s, vec3f(-0.6, 0.0, 0.8)))) +
    max(0.0, luminance(irradianceAt(s, vec3f(0.0, 0.5, 0.87)))));
}

fn meteredLuminance(s : Harmonics) -> f32 {
  let behind = max(0.0, luminance(irradianceAt(s, vec3f(0.0, 0.0, -1.0))));
  return 0.55 * frontLuminance(s) + 0.2 * luminance(s[0]) + 0.25 * behind;
}

fn whiteBalance(s : Harmonics) -> vec3f {
  let front = irradianceAt(s, vec3f(0.0, 0.0, 1.0));
  return pow(vec3f(luminance(front)) / max(front, vec3f(1e-3)), vec3f(0.65));
}

fn exposureFor(density : vec3f, light : KeyLight) -> f32 {
  let albedo = dot(exp(-density), vec3f(0.21, 0.72, 0.07));
  let level = 0.95 * light.ambient + light.color.y * max(0.15, 0.85 * light.direction.z);
  return pow(0.3 / (albedo * level), 0.62) * pow(0.9 / level, 0.2);
}
