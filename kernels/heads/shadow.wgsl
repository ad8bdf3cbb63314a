// Two shadow maps of each picture of a batch: the depths that the key light sees first.
//
//   depth = dot(lightZ, (q, 1)) + slope · 1 texel,   map = min over triangles
//
// The first map is cast by the body of the picture, the second by that of the carrier, so that what the identity does
// not move gets no shadow from it. Hair and hat cast into both. The slope of a triangle, at most 0.02 a texel, keeps
// it from shading itself.
//
// Memory: `people`, `views`, `positions`, `model`, `visibility` as in triangles.wgsl; `carrier` vec4f
// [pictures, BODY_SLOTS]. Depths are positive, so their bits as u32 have the order of their values.
// Tile: a workgroup has 64 / LANES triangles; LANES threads go through the box around one of them.
// Preconditions: as triangles.wgsl, and BODY_SLOTS, CASTERS (triangle slots of body, hair and hat), BODY_TRIANGLES,
// HAIR_FIRST (triangle slots of the body, and the first of hair).
// Parts before: person, view, model, texture, noise, cards, visibility, project.
// Dispatch: (ceil(CASTERS LANES / 64), pictures, 1).

@group(0) @binding(0) var<storage, read> people : array<Person>;
@group(0) @binding(1) var<storage, read> views : array<View>;
@group(0) @binding(2) var<storage, read> positions : array<vec4f>;
@group(0) @binding(3) var<storage, read> carrier : array<vec4f>;
@group(0) @binding(4) var<storage, read> model : array<u32>;
@group(0) @binding(5) var<storage, read_write> visibility : array<atomic<u32>>;

fn castFrom(row : u32, map : u32, piece : Piece, k : u32) -> vec3f {
  let picture = raster.first + row;
  let slot = piece.slots[k];
  if (piece.part == HAT) {
    let at = hatAt(row, slot);
    let words = vec3u(atomicLoad(&visibility[at]), atomicLoad(&visibility[at + 1u]), atomicLoad(&visibility[at + 2u]));
    return toShadow(picture, bitcast<vec3f>(words));
  }
  if (piece.part == BODY && map == CARRIER_SHADOW) {
    return toShadow(picture, carrier[picture * BODY_SLOTS + slot].xyz);
  }
  return toShadow(picture, positions[picture * SLOTS + slot].xyz);
}

fn castsAt(picture : u32, piece : Piece, weights : vec3f) -> bool {
  if (piece.part == BODY) {
    return true;
  }
  let c = piece.corners;
  let rest = mat3x3f(restOf(c.x), restOf(c.y), restOf(c.z)) * weights;
  if (piece.part == HAT) {
    return rest.y > brimHeight(picture, rest);
  }
  let uv = mat3x2f(uvOf(c.x), uvOf(c.y), uvOf(c.z)) * weights;
  return alphaOf(picture, STRANDS, uv, 1u) > 0.5 && !isCut(picture, rest);
}

fn castTriangle(row : u32, map : u32, piece : Piece, lane : u32) {
  let triangle = flatOf(castFrom(row, map, piece, 0u), castFrom(row, map, piece, 1u), castFrom(row, map, piece, 2u));
  let box = boxOf(triangle, SHADOW_SIDE);
  let extent = box.high - box.low;
  if (min(extent.x, extent.y) <= 0) {
    return;
  }
  let depths = vec3f(triangle.a.z, triangle.b.z, triangle.c.z);
  let origin = dot(weightsAt(triangle, vec2f(0.0)), depths);
  let slopes = vec2f(dot(weightsAt(triangle, vec2f(1.0, 0.0)), depths), dot(weightsAt(triangle, vec2f(0.0, 1.0)), depths));
  let steepness = abs(slopes - origin);
  let bias = min(max(steepness.x, steepness.y), 0.02);
  for (var k = i32(lane); k < extent.x * extent.y; k += i32(LANES)) {
    let texel = vec2u(box.low + vec2i(k % extent.x, k / extent.x));
    let weights = weightsAt(triangle, vec2f(texel) + 0.5);
    if (!isCovered(weights)) {
      continue;
    }
    let depth = bitcast<u32>(clamp(dot(weights, depths) + bias, 0.0, 2.0));
    let at = shadowAt(row, map, texel);
    if (depth < atomicLoad(&visibility[at]) && castsAt(raster.first + row, piece, weights)) {
      atomicMin(&visibility[at], depth);
    }
  }
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(local_invocation_index) local : u32) {
  openRaster(vec4u(
    atomicLoad(&visibility[0]),
    atomicLoad(&visibility[1]),
    atomicLoad(&visibility[2]),
    atomicLoad(&visibility[3]),
  ));
  let caster = group.x * (64u / LANES) + local / LANES;
  if (caster >= CASTERS) {
    return;
  }
  let slot = select(caster, caster - BODY_TRIANGLES + HAIR_FIRST, caster >= BODY_TRIANGLES);
  let piece = pieceAt(raster.first + group.y, slot);
  if (piece.part == NO_PART) {
    return;
  }
  for (var map = 0u; map < 2u; map++) {
    castTriangle(group.y, map, piece, local % LANES);
  }
}
