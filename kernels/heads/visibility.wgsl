// Part: the words that the kernels which draw a batch need between them, and the size of its pictures.
//
// Memory: `visibility`, u32 words. The first four say which picture of the batch is the first, its size in pixels,
// samples a pixel along each axis, and the words of a picture; clear.wgsl writes them. They are no constants, so that a
// kernel is compiled once for all sizes. Then for each picture
//   0 …          side² keys of samples, row by row: depth · 2^15 + triangle slot, the smallest of all triangles there
//   side² …      two maps of 256² depths seen from the key light, as bits of f32: cast by the face of the picture, and
//                by the carrier's
//   after them   x, y, z of each vertex of the hat, as bits of f32
// where side = size · samples. A word of ones means that nothing is there.
// A library part: no entry point. A kernel begins with openRaster(the first four words).

const RASTER_WORDS = 4u;
const NOTHING = 0xffffffffu;
const SHADOW_SIDE = 256u;
const FACE_SHADOW = 0u;
const CARRIER_SHADOW = 1u;

struct Raster {
  first : u32,
  size : u32,
  samples : u32,
  side : u32,
  words : u32,
}

var<private> raster : Raster;

fn openRaster(words : vec4u) {
  raster = Raster(words.x, words.y, words.z, words.y * words.z, words.w);
}

fn keyAt(row : u32, sample : vec2u) -> u32 {
  return RASTER_WORDS + row * raster.words + sample.y * raster.side + sample.x;
}

fn shadowAt(row : u32, map : u32, texel : vec2u) -> u32 {
  let start = RASTER_WORDS + row * raster.words + raster.side * raster.side;
  return start + (map * SHADOW_SIDE + texel.y) * SHADOW_SIDE + texel.x;
}

fn hatAt(row : u32, vertex : u32) -> u32 {
  return RASTER_WORDS + row * raster.words + raster.side * raster.side + 2u * SHADOW_SIDE * SHADOW_SIDE + 3u * vertex;
}

// Levels of pyramids that suit heads of about 0.4 pictures.

fn hairLevel() -> u32 {
  return select(select(0u, 1u, raster.side < 500u), 2u, raster.side < 180u);
}

fn browLevel() -> u32 {
  return select(0u, 1u, raster.side < 200u);
}

fn skinLevel() -> u32 {
  return select(0u, 1u, raster.side < 130u);
}
