// Part: which triangle a slot of a picture holds, and what its corners are.
//
// The parts of a picture follow each other: body, eyes, teeth, tongue, brows, lashes, hair, and the hat, whose
// triangles are those of the scalp. Each has a fixed range of triangle slots and, but for the hat, of vertex slots, as
// long as its largest style, so that a slot means the same in every picture.
//
// Memory: `model`, u32 words:
//   0 … 8    first vertex slot of each part (the hat's: first of its vertices in `visibility`), and their total
//   9 … 17   first triangle slot of each part, and their total
//   18 … 25  first style of each part
//   26 …     three words for each style: its first vertex and first triangle in the tables below, its triangles
//   TRIANGLES_AT  two words for each triangle: corners a + 65536 b, c, counted from the first vertex of its style
//   SURFACE_AT    SURFACE_WORDS words for each vertex: u, v, four fields of a byte (lip, blush, beard, eye shadow; of
//                 the hat: the body vertex below), x, y, z on the mean head; floats are their bits
// A library part: no entry point. Preconditions: constants TRIANGLES_AT, SURFACE_AT, SURFACE_WORDS; bindings `people`
// and `model`. Parts before: person.

const BODY = 0u;
const EYES = 1u;
const TEETH = 2u;
const TONGUE = 3u;
const BROW = 4u;
const LASH = 5u;
const STRANDS = 6u;
const HAT = 7u;
const PARTS = 8u;
const NO_PART = 8u;

/** A triangle of a picture: its part, its corners among the vertices of all styles, and their slots. */
struct Piece {
  part : u32,
  corners : vec3u,
  slots : vec3u,
}

/** The style of a part that a picture wears, or -1. */
fn wornStyle(picture : u32, part : u32) -> i32 {
  switch (part) {
    case BROW: {
      return i32(people[picture].style.x);
    }
    case LASH: {
      return i32(people[picture].style.y);
    }
    case STRANDS: {
      return i32(people[picture].hair.w) - 1;
    }
    case HAT: {
      return select(-1, 0, people[picture].hat.w > 0.0);
    }
    default: {
      return 0;
    }
  }
}

/** The triangle in a slot; its part is NO_PART if the picture leaves the slot empty. */
fn pieceAt(picture : u32, slot : u32) -> Piece {
  var part = 0u;
  while (part < PARTS && slot >= model[10u + part]) {
    part++;
  }
  var piece = Piece(NO_PART, vec3u(0u), vec3u(0u));
  if (part == PARTS) {
    return piece;
  }
  let style = wornStyle(picture, part);
  if (style < 0) {
    return piece;
  }
  let row = 26u + 3u * (model[18u + part] + u32(style));
  let index = slot - model[9u + part];
  if (index >= model[row + 2u]) {
    return piece;
  }
  let at = TRIANGLES_AT + 2u * (model[row + 1u] + index);
  let pair = model[at];
  let local = vec3u(pair & 0xffffu, pair >> 16u, model[at + 1u]);
  piece.part = part;
  piece.corners = local + model[row];
  piece.slots = local + model[part];
  return piece;
}

fn uvOf(vertex : u32) -> vec2f {
  let at = SURFACE_AT + SURFACE_WORDS * vertex;
  return bitcast<vec2f>(vec2u(model[at], model[at + 1u]));
}

fn fieldsOf(vertex : u32) -> vec4f {
  return unpack4x8unorm(model[SURFACE_AT + SURFACE_WORDS * vertex + 2u]);
}

/** Where the vertex lies on the mean head. */
fn restOf(vertex : u32) -> vec3f {
  let at = SURFACE_AT + SURFACE_WORDS * vertex + 3u;
  return bitcast<vec3f>(vec3u(model[at], model[at + 1u], model[at + 2u]));
}
