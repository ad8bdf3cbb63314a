// Part: which samples of a transparent triangle are kept: stochastic alpha and scissors.
//
//   kept = threshold(sample, triangle) < alpha,   scissors leave what lies above the cuts
//
// The thresholds of the samples² samples of a pixel are one in each interval [k, k + 1) / samples², in a hashed order,
// so that the share of kept samples is the alpha rounded at random to a whole number of samples.
// A library part: no entry point. Bindings `people`, `model`.
// Parts before: person, model, texture, noise.

fn threshold(sample : vec2u, slot : u32) -> f32 {
  let pixel = sample / raster.samples;
  let inside = sample - pixel * raster.samples;
  let count = raster.samples * raster.samples;
  let word = hashWords(vec3u(pixel, slot));
  let rank = (inside.y * raster.samples + inside.x + (word & 0xffffu)) % count;
  return (f32(rank) + f32(word >> 16u) * (1.0 / 65536.0)) / f32(count);
}

/** Below which height of the mean head the hat ends. It sits lower at the back. */
fn brimHeight(picture : u32, rest : vec3f) -> f32 {
  return people[picture].hat.w + 0.22 * (rest.z - 1.2);
}

/**
 * Is this strand cut? Scissors cut below a height all around and below a slanted fringe before the face; under a hat
 * there is no hair.
 */
fn isCut(picture : u32, rest : vec3f) -> bool {
  let cut = people[picture].style.w;
  let fringe = people[picture].fringe.xy;
  if (people[picture].hat.w > 0.0 && rest.y > brimHeight(picture, rest) - 0.04) {
    return true;
  }
  if (rest.y > cut + 0.2 && (rest.z < 1.0 || rest.y > fringe.x + abs(fringe.y) + 0.2)) {
    return false;
  }
  var ragged = -0.12;
  for (var k = 0u; k < 2u; k++) {
    ragged += 0.12 * noise3(rest * select(vec3f(22.0, 3.0, 22.0), vec3f(90.0, 4.0, 90.0), k == 1u));
  }
  let before = rest.z > 1.0 && abs(rest.x) < 0.62 - 0.1 * (rest.y - 7.3);
  return rest.y < cut + ragged || (before && rest.y < fringe.x + fringe.y * rest.x + ragged);
}

fn alphaOf(picture : u32, part : u32, uv : vec2f, level : u32) -> f32 {
  let style = people[picture].style;
  if (part == STRANDS) {
    return bilinear(HAIR, u32(people[picture].hair.w) - 1u, level, uv, vec2<bool>(true)).y;
  }
  let isLash = part == LASH;
  let layer = u32(select(style.x, style.y, isLash));
  let texel = bilinear(chosen(BROWS, LASHES, isLash), layer, level, uv, vec2<bool>(false));
  return min(select(texel.y * people[picture].brow.w * 1.7, texel.x * 1.1, isLash), 0.97);
}

fn isKept(picture : u32, piece : Piece, slot : u32, sample : vec2u, weights : vec3f) -> bool {
  if (piece.part < BROW) {
    return true;
  }
  let c = piece.corners;
  let rest = mat3x3f(restOf(c.x), restOf(c.y), restOf(c.z)) * weights;
  if (piece.part == HAT) {
    return rest.y > brimHeight(picture, rest);
  }
  let uv = mat3x2f(uvOf(c.x), uvOf(c.y), uvOf(c.z)) * weights;
  let alpha = alphaOf(picture, piece.part, uv, select(browLevel(), hairLevel(), piece.part == STRANDS));
  if (piece.part == STRANDS) {
    return alpha > 0.03 && (alpha > 0.5 || threshold(sample, slot) < alpha) && !isCut(picture, rest);
  }
  return threshold(sample, slot) < alpha;
}
