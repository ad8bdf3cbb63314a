// Which triangle each sample of a batch shows: a rasteriser in one pass.
//
//   key = ⌊depth⌋ · 2^15 + slot,   depth = 131070 (d − eye.z + 4) / 8 in steps of 6e-5 dm,   visible = min over
//   triangles
//
// The smallest key is the nearest triangle, and of equally near ones that of the smallest slot, so the order in which
// threads arrive does not matter. Body, eyes, teeth and tongue are drawn from their front alone; transparent cards keep
// samples by chance (cards.wgsl). Brows and lashes are drawn 0.02 dm nearer than they lie, above the skin.
//
// Memory: `people` [pictures] Person; `views` [pictures] View; `positions` vec4f [pictures, SLOTS]; `model`;
// `visibility` u32 (visibility.wgsl), cleared and with hats.
// Tile: a workgroup has 64 / LANES triangles; LANES threads go through the box around one of them.
// Preconditions: constants SLOTS, TRIANGLE_SLOTS, LANES and those of the parts.
// Parts before: person, view, model, texture, noise, cards, visibility, project.
// Dispatch: (ceil(TRIANGLE_SLOTS LANES / 64), pictures, 1).

@group(0) @binding(0) var<storage, read> people : array<Person>;
@group(0) @binding(1) var<storage, read> views : array<View>;
@group(0) @binding(2) var<storage, read> positions : array<vec4f>;
@group(0) @binding(3) var<storage, read> model : array<u32>;
@group(0) @binding(4) var<storage, read_write> visibility : array<atomic<u32>>;

fn hatPosition(row : u32, vertex : u32) -> vec3f {
  let at = hatAt(row, vertex);
  return bitcast<vec3f>(vec3u(atomicLoad(&visibility[at]), atomicLoad(&visibility[at + 1u]), atomicLoad(&visibility[at + 2u])));
}

fn cornerAt(row : u32, piece : Piece, k : u32) -> vec3f {
  if (piece.part == HAT) {
    return toSamples(raster.first + row, hatPosition(row, piece.slots[k]));
  }
  return toSamples(raster.first + row, positions[(raster.first + row) * SLOTS + piece.slots[k]].xyz);
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(local_invocation_index) local : u32) {
  openRaster(vec4u(
    atomicLoad(&visibility[0]),
    atomicLoad(&visibility[1]),
    atomicLoad(&visibility[2]),
    atomicLoad(&visibility[3]),
  ));
  let slot = group.x * (64u / LANES) + local / LANES;
  let row = group.y;
  let picture = raster.first + row;
  if (slot >= TRIANGLE_SLOTS) {
    return;
  }
  let piece = pieceAt(picture, slot);
  if (piece.part == NO_PART) {
    return;
  }
  let triangle = flatOf(cornerAt(row, piece, 0u), cornerAt(row, piece, 1u), cornerAt(row, piece, 2u));
  if (piece.part < BROW && triangle.perArea > 0.0) {
    return; // seen from behind: y points down, so fronts turn clockwise
  }
  let perDepth = vec3f(triangle.a.z, triangle.b.z, triangle.c.z);
  let isRaised = piece.part == BROW || piece.part == LASH;
  let near = views[picture].eye.z - 4.0 + select(0.0, 0.02, isRaised);
  let box = boxOf(triangle, raster.side);
  let extent = box.high - box.low;
  if (min(extent.x, extent.y) <= 0) {
    return;
  }
  for (var k = i32(local % LANES); k < extent.x * extent.y; k += i32(LANES)) {
    let sample = vec2u(box.low + vec2i(k % extent.x, k / extent.x));
    let weights = weightsAt(triangle, vec2f(sample) + 0.5);
    if (!isCovered(weights)) {
      continue;
    }
    let distance = 1.0 / dot(weights, perDepth);
    let key = (u32(clamp((distance - near) * (131070.0 / 8.0), 0.0, 131070.0)) << 15u) | slot;
    let at = keyAt(row, sample);
    if (key >= atomicLoad(&visibility[at])) {
      continue;
    }
    if (isKept(picture, piece, slot, sample, inDepth(weights, perDepth))) {
      atomicMin(&visibility[at], key);
    }
  }
}
