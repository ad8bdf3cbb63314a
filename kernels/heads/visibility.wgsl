// Part: the words that one picture needs between the kernels that draw it.
//
// Memory: `visibility`, VISIBILITY_WORDS u32 a picture:
//   0 …          SIDE² keys of samples, row by row: depth · 2^15 + triangle slot, the smallest of all triangles there
//   SHADOWS_AT   two maps of 256² depths seen from the key light, as bits of f32: cast by the face of the picture, and
//                by the carrier's
//   HAT_AT       x, y, z of each vertex of the hat, as bits of f32
// where SIDE = SIZE · SAMPLES. A word of ones means that nothing is there.
// A library part: no entry point. Preconditions: constants SIDE, VISIBILITY_WORDS, SHADOWS_AT, HAT_AT.

const NOTHING = 0xffffffffu;
const SHADOW_SIDE = 256u;
const FACE_SHADOW = 0u;
const CARRIER_SHADOW = 1u;

fn keyAt(picture : u32, sample : vec2u) -> u32 {
  return picture * VISIBILITY_WORDS + sample.y * SIDE + sample.x;
}

fn shadowAt(picture : u32, map : u32, texel : vec2u) -> u32 {
  return picture * VISIBILITY_WORDS + SHADOWS_AT + (map * SHADOW_SIDE + texel.y) * SHADOW_SIDE + texel.x;
}

fn hatAt(picture : u32, vertex : u32) -> u32 {
  return picture * VISIBILITY_WORDS + HAT_AT + 3u * vertex;
}
