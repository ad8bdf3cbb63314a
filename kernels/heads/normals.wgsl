// Unit normals of posed points:  n = normalised Σ (q1 − q) × (q2 − q) over the triangles (q, q1, q2) at the point, so
// each triangle counts by its area. The corners of a point lie together and are added in a fixed order: no atomics.
//
// Layout    placed, folds [batch, POINTS + BODY_POINTS] vec4f, see follow.wgsl; folds: the normals, w = 0.
// Tile      one thread per point and picture.
// Prelude   tables.wgsl and its constants; person, placedPoint, source; POINTS, BODY_POINTS.
//           Dispatch: [ceil((POINTS + BODY_POINTS) / 64), batch].
@group(0) @binding(1) var<storage, read> people : array<Person>;
@group(0) @binding(2) var<storage, read> placed : array<vec4f>;
@group(0) @binding(3) var<storage, read_write> folds : array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id : vec3u) {
  let picture = id.y;
  if (id.x >= POINTS + BODY_POINTS) {
    return;
  }
  let found = placedPoint(picture, id.x);
  if (!found.isThere) {
    return;
  }
  let source = sourceOf(picture, found.kind, found.point, found.ofCarrier);
  let q = placed[source + found.place].xyz;
  var sum = vec3f(0.0);
  let end = wordOf(found.point + 1u, 9u);
  for (var c = wordOf(found.point, 9u); c < end; c++) {
    let others = tables[CORNERS_AT + 2u * c];
    sum += cross(placed[source + (others & 0xffffu)].xyz - q, placed[source + (others >> 16u)].xyz - q);
  }
  let size = length(sum);
  folds[picture * (POINTS + BODY_POINTS) + id.x] = vec4f(sum / select(1.0, size, size > 0.0), 0.0);
}
