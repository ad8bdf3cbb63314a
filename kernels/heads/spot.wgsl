// Part: the piece of surface that a sample shows, interpolated between the corners of its triangle.
//
// A library part: no entry point. Preconditions: constant SLOTS; bindings `people`, `views`, `positions`,
// `normals`, `tangents`, `model` and `visibility`, all to read. Parts before: person, view, head, model, visibility,
// project.

struct Spot {
  part : u32,
  world : vec3f,
  window : f32, // 1 on the inner face, 0 where the head is the carrier's
  normal : vec3f, // not normalised
  occlusion : f32, // 1 under the open sky
  tangent : vec3f, // smoothed normal, or the direction of strands; not normalised
  lift : f32, // height above the centre of the eye
  uv : vec2f,
  fields : vec4f, // lip, blush, beard, eye shadow
  rest : vec3f, // on the mean head
}

fn slotOf(key : u32) -> u32 {
  return key & 0x7fffu;
}

fn hatCorner(row : u32, vertex : u32) -> vec3f {
  let at = hatAt(row, vertex);
  return bitcast<vec3f>(vec3u(visibility[at], visibility[at + 1u], visibility[at + 2u]));
}

fn spotAt(row : u32, sample : vec2u, slot : u32) -> Spot {
  let picture = raster.first + row;
  let piece = pieceAt(picture, slot);
  let isHat = piece.part == HAT;
  let base = picture * SLOTS;
  var q : array<vec4f, 3>;
  for (var k = 0u; k < 3u; k++) {
    if (isHat) {
      q[k] = vec4f(hatCorner(row, piece.slots[k]), 0.0);
    } else {
      q[k] = positions[base + piece.slots[k]];
    }
  }
  let triangle = flatOf(toSamples(picture, q[0].xyz), toSamples(picture, q[1].xyz), toSamples(picture, q[2].xyz));
  let perDepth = vec3f(triangle.a.z, triangle.b.z, triangle.c.z);
  let weights = inDepth(weightsAt(triangle, vec2f(sample) + 0.5), perDepth);
  let place = q[0] * weights.x + q[1] * weights.y + q[2] * weights.z;
  var normal = vec4f(place.xyz - skullCentre(picture), 1.0);
  var tangent = vec4f(normal.xyz, 0.0);
  if (!isHat) {
    let s = base + piece.slots;
    normal = mat3x4f(normals[s.x], normals[s.y], normals[s.z]) * weights;
    tangent = mat3x4f(tangents[s.x], tangents[s.y], tangents[s.z]) * weights;
  }
  let c = piece.corners;
  var fields = vec4f(0.0);
  if (piece.part == BODY) {
    fields = mat3x4f(fieldsOf(c.x), fieldsOf(c.y), fieldsOf(c.z)) * weights;
  }
  return Spot(
    piece.part,
    place.xyz,
    place.w,
    normal.xyz,
    normal.w,
    tangent.xyz,
    tangent.w,
    mat3x2f(uvOf(c.x), uvOf(c.y), uvOf(c.z)) * weights,
    fields,
    mat3x3f(restOf(c.x), restOf(c.y), restOf(c.z)) * weights,
  );
}
