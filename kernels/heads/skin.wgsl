// Part: skin and cloth.
//
//   albedo = exp(−od),  od = tone + mix(outer scans · gain, inner scans · gain, w) + paint
//
// As matter (light.wgsl) skin has the normals normalize(mix(n, smoothed n, (0.75, 0.35, 0))) of red, green and blue,
// ambient AO^(0.75, 1.05, 1.15), softness (0.7, 1, 1.1) and direct light wrapped by (0.32, 0.12, 0.07): light spreads
// further in red, which is a cheap approximation of subsurface scattering. Its gloss is 0.8 GGX(1.1 r) + 0.16 GGX(0.6
// r). Paint lies in coordinates of the mean head, so it sticks to the skin. Whatever the identity decides is multiplied
// by the window w, so that nothing changes at w = 0.
//
// A library part: no entry point. Preconditions: constants SKIN_LEFT, SKIN_TOP, SKIN_RIGHT,
// SKIN_BOTTOM (the part of the texture that the scans hold). Parts before: spot, light, noise, paint.

/** Where noise of the skin is read: scale, and shift. All of it is read in one loop (see fbm in noise.wgsl). */
struct Grain {
  scale : vec3f,
  shift : vec3f,
  seeds : vec2f, // shift more: of the identity's seed, of the attributes'
}

const BLOTCH = 0u; // three octaves
const WHERE = 3u; // three octaves: where freckles are
const PATCH = 6u; // three octaves: of the beard
const MOTTLE = 9u;
const FRECKLE = 10u;
const PORES = 11u; // two
const ROUGHNESS = 13u;
const STRAND = 14u; // two
const RELIEF = 16u; // two at the point itself, then two beside it along each axis
const GRAINS = 24u;
const grains = array<Grain, 24>(
  Grain(vec3f(5.0), vec3f(0.0), vec2f(1.0, 0.0)),
  Grain(vec3f(10.15), vec3f(7.1), vec2f(2.03, 0.0)),
  Grain(vec3f(20.5), vec3f(3.7), vec2f(4.1, 0.0)),
  Grain(vec3f(4.0), vec3f(0.0), vec2f(1.0, 0.0)),
  Grain(vec3f(8.12), vec3f(7.1), vec2f(2.03, 0.0)),
  Grain(vec3f(16.4), vec3f(3.7), vec2f(4.1, 0.0)),
  Grain(vec3f(6.0), vec3f(0.0), vec2f(0.0, 1.0)),
  Grain(vec3f(12.18), vec3f(7.1), vec2f(0.0, 2.03)),
  Grain(vec3f(24.6), vec3f(3.7), vec2f(0.0, 4.1)),
  Grain(vec3f(26.0), vec3f(0.0), vec2f(1.0, 0.0)),
  Grain(vec3f(42.0), vec3f(0.0), vec2f(3.0, 0.0)),
  Grain(vec3f(61.0), vec3f(0.0), vec2f(0.0)),
  Grain(vec3f(113.0), vec3f(0.0), vec2f(0.0)),
  Grain(vec3f(22.0), vec3f(0.0), vec2f(0.0)),
  Grain(vec3f(130.0, 70.0, 130.0), vec3f(0.0), vec2f(0.0)),
  Grain(vec3f(210.0, 120.0, 210.0), vec3f(5.0), vec2f(0.0)),
  Grain(vec3f(60.0), vec3f(0.0), vec2f(0.0)),
  Grain(vec3f(138.0), vec3f(0.0), vec2f(0.0)),
  Grain(vec3f(60.0), vec3f(0.35, 0.0, 0.0), vec2f(0.0)),
  Grain(vec3f(138.0), vec3f(0.805, 0.0, 0.0), vec2f(0.0)),
  Grain(vec3f(60.0), vec3f(0.0, 0.35, 0.0), vec2f(0.0)),
  Grain(vec3f(138.0), vec3f(0.0, 0.805, 0.0), vec2f(0.0)),
  Grain(vec3f(60.0), vec3f(0.0, 0.0, 0.35), vec2f(0.0)),
  Grain(vec3f(138.0), vec3f(0.0, 0.0, 0.805), vec2f(0.0)),
);

var<private> noises : array<f32, 24>;

fn readNoises(picture : u32, rest : vec3f) {
  let seeds = vec2f(people[picture].marks.w, people[picture].frame.w);
  for (var k = 0u; k < GRAINS; k++) {
    let grain = grains[k];
    noises[k] = noise3(rest * grain.scale + grain.shift + dot(grain.seeds, seeds));
  }
}

fn octaves(first : u32) -> f32 {
  return 0.5 * noises[first] + 0.25 * noises[first + 1u] + 0.25 * noises[first + 2u];
}

/** Optical density of the blends of two scans outside and inside the window; 0 where the scans have nothing. */
fn scanned(picture : u32, uv : vec2f, window : f32) -> vec3f {
  let p = (uv - vec2f(SKIN_LEFT, SKIN_TOP)) / vec2f(SKIN_RIGHT - SKIN_LEFT, SKIN_BOTTOM - SKIN_TOP);
  if (any(p < vec2f(0.0)) || any(p > vec2f(1.0))) {
    return vec3f(0.0);
  }
  let outer = people[picture].outerSkin;
  let inner = people[picture].skin;
  let outside = (1.0 - window) * outer.w;
  let inside = window * people[picture].tone.w;
  let layers = vec4u(vec4f(outer.xy, inner.xy));
  let shares = vec4f(outside * (1.0 - outer.z), outside * outer.z, inside * (1.0 - inner.z), inside * inner.z);
  var sum = vec3f(0.0);
  for (var k = 0u; k < select(2u, 4u, window > 0.0); k++) {
    let density = bilinear(SKINS, layers[k], skinLevel(), p, vec2<bool>(false)).rgb * 255.0 - 128.0;
    sum += density * (shares[k] / 64.0);
  }
  return sum;
}

/** How much of a pattern of so many cells a decimetre the samples of the picture can show. */
fn visible(frequency : f32) -> f32 {
  return clamp(0.4 * f32(raster.side) / frequency, 0.0, 1.0);
}

fn moles(picture : u32, rest : vec3f) -> f32 {
  var sum = 0.0;
  for (var k = 0u; k < 8u; k++) {
    let mole = people[picture].moles[k];
    if (mole.z > 0.0 && rest.z > 0.7) {
      sum += smoothstep(-1.25, -0.7, -distance(rest.xy, mole.xy) / mole.z);
    }
  }
  return sum;
}

fn skinDensity(picture : u32, s : Spot) -> vec3f {
  let w = s.window;
  let marks = people[picture].marks;
  var od = people[picture].tone.rgb + scanned(picture, s.uv, w);
  od += s.fields.x * vec3f(-0.04, 0.10, 0.05);
  od += visible(61.0) * vec3f(0.05, 0.07, 0.08) * (noises[PORES] + noises[PORES + 1u] - 1.0);
  od += vec3f(-0.01, -0.05, 0.02) * smoothstep(7.45, 7.9, s.rest.y); // the forehead is yellower
  var paint = vec3f(0.02, 0.15, 0.15) * (octaves(BLOTCH) - 0.5) + vec3f(0.06, 0.08, 0.10) * (noises[MOTTLE] - 0.5);
  paint += marks.x * s.fields.y * vec3f(0.01, 0.17, 0.18); // blush of cheeks and nose
  paint += marks.y * s.fields.w * vec3f(0.12, 0.2, 0.12); // dark circles
  let freckles = smoothstep(0.72, 0.86, noises[FRECKLE]) * smoothstep(0.35, 0.65, octaves(WHERE));
  paint += marks.z * freckles * vec3f(0.18, 0.38, 0.5);
  paint += moles(picture, s.rest) * vec3f(0.5, 0.8, 0.9);
  return od + w * paint;
}

/** Share of the skin that stubble hides: short strands along y in patches. */
fn beardAt(picture : u32, s : Spot) -> f32 {
  let pair = smoothstep(vec2f(0.3), vec2f(0.8), vec2f(noises[STRAND], noises[STRAND + 1u]));
  let strands = mix(0.4, 0.5 * (pair.x + pair.y), visible(130.0));
  let patches = 0.55 + 0.9 * octaves(PATCH);
  return clamp(people[picture].fringe.z * s.fields.z * patches * (0.35 + 0.9 * strands), 0.0, 0.93);
}

/** The normal, tilted by fine relief. */
fn relief(n : vec3f) -> vec3f {
  let base = noises[RELIEF] + 0.6 * noises[RELIEF + 1u];
  let beside = vec3f(noises[RELIEF + 2u], noises[RELIEF + 4u], noises[RELIEF + 6u]);
  let finer = vec3f(noises[RELIEF + 3u], noises[RELIEF + 5u], noises[RELIEF + 7u]);
  let slope = beside + 0.6 * finer - base;
  return normalize(n - 0.13 * visible(60.0) * (slope - n * dot(slope, n)));
}

fn isCloth(picture : u32, s : Spot) -> bool {
  return s.rest.y < people[picture].cloth.w + 0.35 * smoothstep(0.0, 0.9, abs(s.rest.x));
}

fn clothMatter(picture : u32, s : Spot) -> Matter {
  let weave = 0.9 + 0.2 * noises[PORES];
  var m = matte(picture, people[picture].cloth.rgb * weave, normalize(s.normal), s.occlusion);
  m.facing = normalize(s.tangent);
  return m;
}

fn skinMatter(picture : u32, s : Spot, view : vec3f) -> Matter {
  readNoises(picture, s.rest);
  if (isCloth(picture, s)) {
    return clothMatter(picture, s);
  }
  let smoothed = normalize(s.tangent);
  let n = relief(normalize(s.normal));
  let beard = beardAt(picture, s);
  var m = matte(picture, exp(-max(skinDensity(picture, s), vec3f(0.02))), n, s.occlusion);
  m.albedo = mix(m.albedo, m.albedo * people[picture].lip.rgb * 1.4, s.fields.x * people[picture].lip.w);
  m.albedo = mix(m.albedo, people[picture].brow.rgb * 0.8 + 0.004, beard);
  m.albedo = mix(m.albedo, people[picture].paint.rgb, paintAt(picture, s));
  m.normals = mat3x3f(normalize(mix(n, smoothed, 0.75)), normalize(mix(n, smoothed, 0.35)), n);
  m.ambient = pow(vec3f(s.occlusion), vec3f(0.75, 1.05, 1.15));
  m.softness = vec3f(0.7, 1.0, 1.1);
  m.facing = smoothed;
  m.map = select(CARRIER_SHADOW, FACE_SHADOW, s.window > 0.0);
  let l = people[picture].key.xyz;
  let facing = l * m.normals;
  let wrap = vec3f(0.32, 0.12, 0.07);
  let ends = smoothstep(vec3f(-0.35, -0.15, -0.1), vec3f(0.25, 0.15, 0.1), facing);
  m.direct = max((facing + wrap) / (1.0 + wrap), vec3f(0.0)) * ends * mix(1.0, s.occlusion, 0.4);
  let roughness = clamp(people[picture].skin.w + 0.14 * (noises[ROUGHNESS] - 0.5) - 0.08 * s.fields.y, 0.22, 0.8);
  let shine = people[picture].fringe.w * (0.55 + 0.9 * s.fields.y) * (1.0 - 0.75 * beard) * mix(1.0, 1.5, s.fields.x);
  m.gloss = vec3f(shine * (0.8 * ggx(n, view, l, roughness * 1.1, 0.028) + 0.16 * ggx(n, view, l, roughness * 0.6, 0.028)));
  m.direction = reflect(-view, n);
  m.level = 5.2;
  let fresnel = 0.028 + 0.35 * pow(1.0 - max(dot(n, view), 0.0), 5.0);
  m.mirror = shine * fresnel * s.occlusion * s.occlusion;
  return m;
}
