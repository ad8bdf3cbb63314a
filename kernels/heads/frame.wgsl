// The View of each picture: turns of head, shoulders and eyeballs, the eyeballs, the camera and the light.
//
//   eyeball = (lo + hi) / 2, radius = (hi − lo).x / 4 + (hi − lo).y / 4 over the box of its points
//   m = mean of the posed eyeballs of the carrier, o = its posed mouth; the picture depends on no identity
//   eye    = 0.55 m + 0.45 o + (0, 0, D − 0.4),  f = 2 s D / |m − o|:  eye to mouth is the share s of the picture
//   gaze   = turn of an eyeball: the gaze to the side, and towards the nose by the crossing (pose.w)
//   light  = orthographic, half width 2.3 about (0, 6.9, 0.6), depth 8
//
// Layout    people [batch] Person, heads [batch, 2, VERTICES] vec4f after join.wgsl, views [batch] View.
// Tile      one workgroup a picture; five threads add up what the 64 found. A tree of barriers compiles ten times
//           longer on a software adapter and saves nothing here.
// Prelude   aliases V = f32, U = u32 with pointwise/sine.wgsl; tables.wgsl and its constants; person, view, turn, pose,
//           point; VERTICES, MOUTH (vertices of the mouth's middle). Dispatch: [batch].
@group(0) @binding(1) var<storage, read> people : array<Person>;
@group(0) @binding(2) var<storage, read> heads : array<vec4f>;
@group(0) @binding(3) var<storage, read_write> views : array<View>;

const FAR_AWAY = 1e9;
/** Boxes of eyeballs: 2 · row + 1 if x ≤ 0. */
var<workgroup> low : array<array<vec3f, 4>, 64>;
var<workgroup> high : array<array<vec3f, 4>, 64>;
var<workgroup> mouths : array<vec3f, 64>;

/** Leaves the boxes of all eyeballs and the sum of the mouth's vertices in row 0. */
fn gatherPoints(picture : u32, thread : u32) {
  for (var box = 0u; box < 4u; box++) {
    low[thread][box] = vec3f(FAR_AWAY);
    high[thread][box] = vec3f(-FAR_AWAY);
  }
  let part = kindRow(EYES, FIRST_PART);
  let start = partRow(part, POINT_START);
  let points = partRow(part, PART_POINTS);
  for (var k = thread; k < 2u * points; k += 64u) {
    let row = select(0u, 1u, k >= points);
    let q = follow(start + k - row * points, (2u * picture + row) * VERTICES);
    let box = 2u * row + select(1u, 0u, q.x > 0.0);
    low[thread][box] = min(low[thread][box], q);
    high[thread][box] = max(high[thread][box], q);
  }
  var mouth = vec3f(0.0);
  for (var m = thread; m < MOUTH; m += 64u) {
    mouth += heads[(2u * picture + 1u) * VERTICES + tables[MOUTH_AT + m]].xyz;
  }
  mouths[thread] = mouth;
  workgroupBarrier();
  if (thread < 4u) {
    for (var row = 1u; row < 64u; row++) {
      low[0][thread] = min(low[0][thread], low[row][thread]);
      high[0][thread] = max(high[0][thread], high[row][thread]);
    }
  }
  if (thread == 4u) {
    for (var row = 1u; row < 64u; row++) {
      mouths[0] += mouths[row];
    }
  }
  workgroupBarrier();
}

fn eyeball(box : u32) -> vec4f {
  let side = high[0][box] - low[0][box];
  return vec4f((low[0][box] + high[0][box]) * 0.5, (side.x + side.y) * 0.25);
}

/** Rows of the light's projection; `z` is the unit vector to the light. */
fn lightRows(z : vec3f) -> array<vec4f, 3> {
  const HALF = 2.3;
  const DEPTH = 8.0;
  const CENTRE = vec3f(0.0, 6.9, 0.6);
  let x = normalize(cross(select(vec3f(0.0, 1.0, 0.0), vec3f(0.0, 0.0, 1.0), abs(z.y) > 0.9), z));
  let y = cross(z, x);
  return array<vec4f, 3>(
    vec4f(x, -dot(x, CENTRE)) / HALF,
    vec4f(y, -dot(y, CENTRE)) / HALF,
    vec4f(-z, dot(z, CENTRE) + 0.5 * DEPTH) / DEPTH,
  );
}

fn wide(v : vec3f) -> vec4f { return vec4f(v, 0.0); }

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(local_invocation_index) thread : u32) {
  let picture = group.x;
  gatherPoints(picture, thread);
  if (thread > 0u) {
    return;
  }
  let pose = people[picture].pose;
  let look = people[picture].gaze;
  let head = turnOf(pose.x, pose.y, pose.z);
  let body = turnOf(0.25 * pose.x, 0.0, 0.15 * pose.z);
  let leftGaze = turnOf(look.x + pose.w, -look.y, 0.0);
  let rightGaze = turnOf(look.x - pose.w, -look.y, 0.0);
  let light = lightRows(people[picture].key.xyz);
  let right = eyeball(0u);
  let left = eyeball(1u);
  let between = 0.5 * (posed(head, body, eyeball(2u).xyz) + posed(head, body, eyeball(3u).xyz));
  let mouth = posed(head, body, mouths[0] / f32(MOUTH));
  let size = length(between - mouth);
  let eye = 0.55 * between + 0.45 * mouth + vec3f(0.0, 0.0, look.z - 0.4);
  views[picture] = View(
    vec4f(eye, 2.0 * look.w * look.z / size),
    vec4f(people[picture].frame.xy, size, 0.0),
    light[0],
    light[1],
    light[2],
    vec4f(posed(head, body, left.xyz), left.w),
    vec4f(posed(head, body, right.xyz), right.w),
    wide((vec3f(0.0, 0.0, 1.0) * leftGaze) * head),
    wide((vec3f(0.0, 0.0, 1.0) * rightGaze) * head),
    wide(head[0]),
    wide(head[1]),
    wide(head[2]),
    wide(between),
    left,
    right,
    wide(leftGaze[0]),
    wide(leftGaze[1]),
    wide(leftGaze[2]),
    wide(rightGaze[0]),
    wide(rightGaze[1]),
    wide(rightGaze[2]),
    wide(body[0]),
    wide(body[1]),
    wide(body[2]),
  );
}
