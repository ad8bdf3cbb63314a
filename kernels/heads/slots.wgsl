// Vertices of each picture in their slots, for the rasteriser and the shading.
//
//   smoothed = normalised Σ_j s_j n_j: some rounds of averaging over neighbours, as one list of weights per point
//   strand   = normalised Σ over the triangles at the point of the unit vector dP/dv (against the texture's rows)
//
// Layout    positions [batch, SLOTS] vec4f; w: window weight; 0 for hair.
//           normals   [batch, SLOTS] vec4f: unit normal, of hair smoothed; w: ambient occlusion under the worn hair.
//           tangents  [batch, SLOTS] vec4f: skin, brows, lashes: the smoothed normal; hair: the strand; else the
//                     normal. w: eyes: height above the eye's centre in dm; else 0.
//           carrier   [batch, BODY_VERTICES] vec4f: the carrier's body; w as above.
//           placed, folds: see follow.wgsl and normals.wgsl. Slots that the worn style does not fill are left alone.
// Tile      one thread per slot and picture, and one per vertex of the carrier's body.
// Prelude   tables.wgsl and its constants; person, source; POINTS, BODY_POINTS, SLOTS, BODY_VERTICES.
//           Dispatch: [ceil((SLOTS + BODY_VERTICES) / 64), batch].
@group(0) @binding(1) var<storage, read> people : array<Person>;
@group(0) @binding(2) var<storage, read> placed : array<vec4f>;
@group(0) @binding(3) var<storage, read> folds : array<vec4f>;
@group(0) @binding(4) var<storage, read_write> positions : array<vec4f>;
@group(0) @binding(5) var<storage, read_write> normals : array<vec4f>;
@group(0) @binding(6) var<storage, read_write> tangents : array<vec4f>;
@group(0) @binding(7) var<storage, read_write> carrier : array<vec4f>;

fn unit(v : vec3f) -> vec3f {
  let size = length(v);
  return v / select(1.0, size, size > 0.0);
}

fn smoothed(point : u32, source : u32, own : vec3f) -> vec3f {
  let start = wordOf(point, 10u);
  let end = wordOf(point + 1u, 10u);
  if (start == end) {
    return own;
  }
  var sum = vec3f(0.0);
  for (var e = start; e < end; e++) {
    let entry = tables[SMOOTHING_AT + e];
    sum += f32(entry >> 16u) * folds[source + (entry & 0xffffu)].xyz;
  }
  return unit(sum);
}

fn strand(point : u32, source : u32, q : vec3f) -> vec3f {
  var sum = vec3f(0.0);
  let end = wordOf(point + 1u, 9u);
  for (var c = wordOf(point, 9u); c < end; c++) {
    let others = tables[CORNERS_AT + 2u * c];
    let t = f32(tables[CORNERS_AT + 2u * c + 1u]) / 1073741824.0 - 2.0;
    let second = 1.0 - abs(t);
    let first = select(1.0, -1.0, t < 0.0) * (1.0 - abs(second));
    sum += unit(first * (placed[source + (others & 0xffffu)].xyz - q)
      + second * (placed[source + (others >> 16u)].xyz - q));
  }
  return unit(sum);
}

/** Open sky at a point, 0 to 1, under the hair of number `hair` (0: bald). */
fn openSky(point : u32, hair : u32) -> f32 {
  let byte = tables[OCCLUSION_AT + hair] + wordOf(point, 11u);
  return f32(extractBits(tables[OPEN_AT + byte / 4u], 8u * (byte % 4u), 8u)) / 255.0;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id : vec3u) {
  let picture = id.y;
  let pointRow = picture * (POINTS + BODY_POINTS);
  if (id.x >= SLOTS) {
    let v = id.x - SLOTS;
    if (v < BODY_VERTICES) {
      let k = tables[VERTICES_AT + v];
      carrier[picture * BODY_VERTICES + v] = vec4f(placed[pointRow + POINTS + k].xyz, windowOf(k));
    }
    return;
  }
  let kind = kindAt(id.x, SLOT_START);
  let person = &people[picture];
  let hair = (*person).hair;
  let part = wornPart(kind, (*person).style, hair);
  let vertex = id.x - kindRow(kind, SLOT_START);
  if (part == NO_PART || vertex >= partRow(part, PART_VERTICES)) {
    return;
  }
  let k = tables[VERTICES_AT + partRow(part, VERTEX_START) + vertex];
  let point = partRow(part, POINT_START) + k;
  let source = sourceOf(picture, kind, point, false);
  let q = placed[source + k];
  let normal = folds[source + k].xyz;
  let soft = smoothed(point, source, normal);
  let at = picture * SLOTS + id.x;
  let sky = openSky(point, u32(hair.w));
  positions[at] = vec4f(q.xyz, windowOf(point));
  if (kind == HAIR) {
    normals[at] = vec4f(soft, sky);
    tangents[at] = vec4f(strand(point, source, q.xyz), 0.0);
  } else {
    normals[at] = vec4f(normal, sky);
    tangents[at] = vec4f(soft, select(0.0, q.w, kind == EYES));
  }
}
