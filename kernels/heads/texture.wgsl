// Part: textures in a storage buffer, with pyramids, read without samplers.
//
//   bilinear(t, layer, level, uv) = Σ weights · texels, with texel centres at halves; uv in [0, 1], v downwards
//
// Memory: the words of `model` from `start` on: layers of `stride` words; a layer holds its levels one after another,
// level 0 first, each half as wide and high as the one before, rounded down. A texel is a word: four bytes of 1/255
// (the first lowest), or for environments three mantissas of nine bits and a common exponent:
// (r, g, b) 2^(exponent − 24).
// A library part: no entry point. Preconditions: constants of the textures
// (packages/faces/src/heads/drawing/textures.ts), a binding `model` of u32.

struct Texture {
  start : u32,
  width : u32,
  height : u32,
  stride : u32,
}

/** Where a level of a layer lies. */
struct Level {
  start : u32,
  size : vec2i,
}

const SKINS = Texture(SKINS_START, SKINS_WIDTH, SKINS_HEIGHT, SKINS_STRIDE);
const HAIR = Texture(HAIR_START, HAIR_WIDTH, HAIR_HEIGHT, HAIR_STRIDE);
const BROWS = Texture(BROWS_START, BROWS_WIDTH, BROWS_HEIGHT, BROWS_STRIDE);
const LASHES = Texture(LASHES_START, LASHES_WIDTH, LASHES_HEIGHT, LASHES_STRIDE);
const IRISES = Texture(IRISES_START, IRISES_WIDTH, IRISES_HEIGHT, IRISES_STRIDE);
const MOUTH = Texture(MOUTH_START, MOUTH_WIDTH, MOUTH_HEIGHT, MOUTH_STRIDE);
const ENVIRONMENTS = Texture(ENVIRONMENTS_START, ENVIRONMENTS_WIDTH, ENVIRONMENTS_HEIGHT, ENVIRONMENTS_STRIDE);

fn chosen(a : Texture, b : Texture, second : bool) -> Texture {
  let words = select(vec4u(a.start, a.width, a.height, a.stride), vec4u(b.start, b.width, b.height, b.stride), second);
  return Texture(words.x, words.y, words.z, words.w);
}

fn levelOf(t : Texture, layer : u32, level : u32) -> Level {
  var start = t.start + layer * t.stride;
  var width = t.width;
  var height = t.height;
  for (var k = 0u; k < level; k++) {
    start += width * height;
    width = width >> 1u;
    height = height >> 1u;
  }
  return Level(start, vec2i(vec2u(width, height)));
}

/** The four texels around a place: their words, and the share of the right and of the lower ones. */
struct Taps {
  words : vec4u,
  share : vec2f,
}

/** Past the edges the texture repeats to the sides if `wraps`, and else continues as its last texel. */
fn tapsOf(at : Level, uv : vec2f, wraps : vec2<bool>) -> Taps {
  let p = uv * vec2f(at.size) - 0.5;
  let cell = floor(p);
  let low = vec2i(cell);
  let last = at.size - 1;
  let turned = ((low % at.size) + at.size) % at.size;
  let next = select(turned + 1, vec2i(0), turned == last);
  let a = select(clamp(low, vec2i(0), last), turned, wraps);
  let b = select(clamp(low + 1, vec2i(0), last), next, wraps);
  let rows = vec2u(vec2i(a.y, b.y) * at.size.x) + at.start;
  let columns = vec2u(vec2i(a.x, b.x));
  let words = vec4u(
    model[rows.x + columns.x],
    model[rows.x + columns.y],
    model[rows.y + columns.x],
    model[rows.y + columns.y],
  );
  return Taps(words, p - cell);
}

fn mixTaps(a : vec4f, b : vec4f, c : vec4f, d : vec4f, share : vec2f) -> vec4f {
  return mix(mix(a, b, share.x), mix(c, d, share.x), share.y);
}

fn bilinear(t : Texture, layer : u32, level : u32, uv : vec2f, wraps : vec2<bool>) -> vec4f {
  let taps = tapsOf(levelOf(t, layer, level), uv, wraps);
  let w = taps.words;
  return mixTaps(unpack4x8unorm(w.x), unpack4x8unorm(w.y), unpack4x8unorm(w.z), unpack4x8unorm(w.w), taps.share);
}

fn radianceOf(word : u32) -> vec4f {
  let scale = bitcast<f32>(((word >> 27u) + 103u) << 23u); // 2^(exponent − 24)
  return vec4f(vec3f(vec3u(word, word >> 9u, word >> 18u) & vec3u(511u)) * scale, 0.0);
}

/** Radiance of an environment at a whole level. The map repeats to the sides and ends at the poles. */
fn radianceAt(layer : u32, level : u32, uv : vec2f) -> vec3f {
  let taps = tapsOf(levelOf(ENVIRONMENTS, layer, level), uv, vec2<bool>(true, false));
  let w = taps.words;
  return mixTaps(radianceOf(w.x), radianceOf(w.y), radianceOf(w.z), radianceOf(w.w), taps.share).rgb;
}
