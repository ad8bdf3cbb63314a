// Part: samples of a film's frame, which lies in planes of luma and of two colour differences.
//
// Samples are read in the steps of 8 bits: a sample of 10 bits counts in quarters. Positions are clamped to the plane.
// Colours are those of the frame as it is stored; `stored` says which stored pixel a shown one is.
// A library part: no entry point. Bindings before: `planes` array<u32>, the bytes of all planes.
// Prelude: WIDTH, HEIGHT of the stored frame; BYTES of a sample and BITS; SUB_X, SUB_Y, luma samples along one chroma
// sample; Y_AT, Y_STRIDE, U_AT, U_STRIDE, V_AT, V_STRIDE in bytes; C_STEP, samples from one chroma sample to the next;
// TURNS, quarter turns clockwise from the stored to the shown picture; FLIP, whether that is then mirrored.

const STORED = vec2i(i32(WIDTH), i32(HEIGHT));
const CHROMA = vec2i((STORED.x + i32(SUB_X) - 1) / i32(SUB_X), (STORED.y + i32(SUB_Y) - 1) / i32(SUB_Y));

/** The sample that begins at a byte. */
fn sampleAt(byte : u32) -> f32 {
  let word = planes[byte >> 2u] >> (8u * (byte & 3u));
  if (BYTES == 2u) {
    return f32(word & 0xffffu) / f32(1u << (BITS - 8u));
  }
  return f32(word & 0xffu);
}

fn lumaAt(at : vec2i) -> f32 {
  let p = vec2u(clamp(at, vec2i(0), STORED - 1));
  return sampleAt(Y_AT + p.y * Y_STRIDE + p.x * BYTES);
}

/** Both colour differences of a chroma sample. */
fn chromaAt(at : vec2i) -> vec2f {
  let p = vec2u(clamp(at, vec2i(0), CHROMA - 1));
  let column = p.x * C_STEP * BYTES;
  return vec2f(sampleAt(U_AT + p.y * U_STRIDE + column), sampleAt(V_AT + p.y * V_STRIDE + column));
}

/** The sides of the shown picture. */
fn shownSize() -> vec2i {
  return select(STORED, STORED.yx, TURNS % 2u == 1u);
}

/** The stored pixel that a pixel of the shown picture is. */
fn stored(shown : vec2i) -> vec2i {
  var at = shown;
  if (FLIP) {
    at.x = shownSize().x - 1 - at.x;
  }
  switch TURNS {
    case 1u: { return vec2i(at.y, STORED.y - 1 - at.x); }
    case 2u: { return STORED - 1 - at; }
    case 3u: { return vec2i(STORED.x - 1 - at.y, at.x); }
    default: { return at; }
  }
}

/** The pixel of the shown picture that a stored pixel is. */
fn shownOf(at : vec2i) -> vec2i {
  var shown = at;
  switch TURNS {
    case 1u: { shown = vec2i(STORED.y - 1 - at.y, at.x); }
    case 2u: { shown = STORED - 1 - at; }
    case 3u: { shown = vec2i(at.y, STORED.x - 1 - at.x); }
    default: {}
  }
  if (FLIP) {
    shown.x = shownSize().x - 1 - shown.x;
  }
  return shown;
}
