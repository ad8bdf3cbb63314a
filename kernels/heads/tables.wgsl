// Part: the static tables of a head, and which part a picture wears.
//
// Slots of a picture: each kind of part (body, eyes, teeth, tongue, brows, lashes, hair) has a fixed range of slots for
// vertices, for points and for triangles, as long as its largest style. Vertex k of the worn style lies in slot
// kindRow(kind, SLOT_START) + k. Points are what follows the base mesh; vertices are points with a place in a texture.
//
// Memory, in words of `tables` (packages/faces/src/heads/geometry/tables.ts writes it):
//   KINDS rows of 8: slot start, slots, point start, points, triangle start, triangles, first part, parts
//   PARTS rows of 8: kind, point start, points, vertex start, vertices, triangle start, triangles, unused
//     (starts count over all parts of all styles)
//   from POINTS_AT, 12 words a point and one point more: two refs, third ref, 3 weights, 3 offsets, window,
//     start of its corners, start of its smoothing, place in the occlusion
//   from VERTICES_AT, one word a vertex: its point, counted in its part
//   from CORNERS_AT, 2 words a corner of a triangle: the two other points; direction of the strand
//     a e1 + b e2 between the edges to them, as its place t = 2^-30 word − 2 around the diamond |a| + |b| = 1, on which
//     b = 1 − |t|
//   from SMOOTHING_AT, one word an entry: a point of the part, its weight · 65535
//   from WINDOWS_AT, one word a base vertex: the window; from SEAM_AT, MOUTH_AT, LANDMARKS_AT: base vertices;
//     from REST_AT: the mean of the seam on the mean head, 3 floats
//   from OCCLUSION_AT: first byte of each row, one row bald and one for each style of hair; from OPEN_AT: bytes
// Preconditions: the constants *_AT; PARTS follows from them. The buffer is binding 0.

@group(0) @binding(0) var<storage, read> tables : array<u32>;

const KINDS = 7u;
const BODY = 0u;
const EYES = 1u;
const BROWS = 4u;
const LASHES = 5u;
const HAIR = 6u;
/** A part that is not there: bald heads wear no hair. */
const NO_PART = 0xffffffffu;

const SLOT_START = 0u;
const KIND_POINT_START = 2u;
const KIND_TRIANGLE_START = 4u;
const FIRST_PART = 6u;

const POINT_START = 1u;
const PART_POINTS = 2u;
const VERTEX_START = 3u;
const PART_VERTICES = 4u;
const TRIANGLE_START = 5u;
const PART_TRIANGLES = 6u;

fn kindRow(kind : u32, at : u32) -> u32 { return tables[kind * 8u + at]; }
fn partRow(part : u32, at : u32) -> u32 { return tables[(KINDS + part) * 8u + at]; }

/** The kind whose range holds place x; `at` is SLOT_START, KIND_POINT_START or KIND_TRIANGLE_START. */
fn kindAt(x : u32, at : u32) -> u32 {
  var kind = 0u;
  while (kind + 1u < KINDS && x >= kindRow(kind + 1u, at)) {
    kind++;
  }
  return kind;
}

/** The part of a kind that a person wears, whose members `style` and `hair` these are. */
fn wornPart(kind : u32, style : vec4f, hair : vec4f) -> u32 {
  let first = kindRow(kind, FIRST_PART);
  switch kind {
    case BROWS: { return first + u32(style.x); }
    case LASHES: { return first + u32(style.y); }
    case HAIR: { return select(first + u32(hair.w) - 1u, NO_PART, hair.w < 0.5); }
    default: { return first; }
  }
}

fn wordOf(point : u32, at : u32) -> u32 { return tables[POINTS_AT + point * 12u + at]; }
fn valueOf(point : u32, at : u32) -> f32 { return bitcast<f32>(wordOf(point, at)); }
/** The window weight of a point: 0 where the head belongs to the attributes. */
fn windowOf(point : u32) -> f32 { return valueOf(point, 8u); }
