// Fits a hat to the carrier's scalp: the scalp's vertices, moved outwards.
//
//   out = q + THICKNESS (q − centre) / |q − centre|
//
// where q is a vertex of the carrier's body and centre lies in the skull and turns with the head. It depends on the
// attributes alone.
//
// Memory: `views` [pictures] View; `carrier` vec4f [pictures, BODY_SLOTS]; `model`, whose surface of hat vertices names
// the body vertex below in its fields; `visibility` u32, where the hats are written.
// Tile: one thread per vertex of a hat. Preconditions: constants BODY_SLOTS, HAT_VERTICES,
// HAT_FIRST (among vertices of all styles), and those of the parts. Parts before: view, head, visibility.
// Dispatch: (ceil(HAT_VERTICES / 64), pictures, 1).

@group(0) @binding(0) var<storage, read> views : array<View>;
@group(0) @binding(1) var<storage, read> carrier : array<vec4f>;
@group(0) @binding(2) var<storage, read> model : array<u32>;
@group(0) @binding(3) var<storage, read_write> visibility : array<u32>;

const THICKNESS = 0.13;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id : vec3u) {
  openRaster(vec4u(visibility[0], visibility[1], visibility[2], visibility[3]));
  if (id.x >= HAT_VERTICES) {
    return;
  }
  let picture = raster.first + id.y;
  let below = model[SURFACE_AT + SURFACE_WORDS * (HAT_FIRST + id.x) + 2u];
  let q = carrier[picture * BODY_SLOTS + below].xyz;
  let centre = skullCentre(picture);
  let moved = q + THICKNESS * normalize(q - centre);
  let at = hatAt(id.y, id.x);
  visibility[at] = bitcast<u32>(moved.x);
  visibility[at + 1u] = bitcast<u32>(moved.y);
  visibility[at + 2u] = bitcast<u32>(moved.z);
}
