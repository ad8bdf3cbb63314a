// Posed points of each picture. Points of the body, eyes, teeth, tongue, brows and lashes follow p (row 0 of `heads`);
// hair follows the carrier (row 1). Each eyeball turns to its gaze about its socket first.
//
// Layout    placed [batch, POINTS + BODY_POINTS] vec4f: the points of the picture in their slots, then those of the
//           carrier's body. w: eyes: height above the eye's centre before the head turns; else 0. Slots that the worn
//           style does not fill are left alone.
// Tile      one thread per point and picture.
// Prelude   tables.wgsl and its constants; person, placedPoint, view, pose, point; VERTICES, POINTS, BODY_POINTS.
//           Dispatch: [ceil((POINTS + BODY_POINTS) / 64), batch].
@group(0) @binding(1) var<storage, read> people : array<Person>;
@group(0) @binding(2) var<storage, read> heads : array<vec4f>;
@group(0) @binding(3) var<storage, read> views : array<View>;
@group(0) @binding(4) var<storage, read_write> placed : array<vec4f>;

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
  let row = select(0u, 1u, found.ofCarrier || found.kind == HAIR);
  var q = follow(found.point, (2u * picture + row) * VERTICES);
  var height = 0.0;
  let view = &views[picture];
  if (found.kind == EYES) {
    let isRight = q.x > 0.0;
    let centre = select((*view).leftSocket.xyz, (*view).rightSocket.xyz, isRight);
    let v = (q - centre) * mat3x3f(
      select((*view).leftGazeX.xyz, (*view).rightGazeX.xyz, isRight),
      select((*view).leftGazeY.xyz, (*view).rightGazeY.xyz, isRight),
      select((*view).leftGazeZ.xyz, (*view).rightGazeZ.xyz, isRight),
    );
    q = centre + v;
    height = v.y;
  }
  let head = mat3x3f((*view).headX.xyz, (*view).headY.xyz, (*view).headZ.xyz);
  let body = mat3x3f((*view).bodyX.xyz, (*view).bodyY.xyz, (*view).bodyZ.xyz);
  placed[picture * (POINTS + BODY_POINTS) + id.x] = vec4f(posed(head, body, q), height);
}
