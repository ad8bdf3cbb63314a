// Part: what the camera and the light see of one picture: written by frame.wgsl, read by everything that draws.
//
// World space: decimetres, x to the viewer's right, y up, z to the viewer; the camera looks along −z. A point q shows
// at
//   NDC = f (q.xy − eye.xy) / (eye.z − q.z) + shift.xy,   x right, y up, the picture from −1 to 1,
// and in the light's map at (lightX · (q, 1), lightY · (q, 1)), from −1 to 1, at depth lightZ · (q, 1), 0 next to the
// light and 1 behind everything. Members X, Y, Z are rows of a matrix: M q = (X · q, Y · q, Z · q). Left is the
// viewer's.
// Memory: vec4f members only, so the struct has no padding: 24 vec4f.

struct View {
  eye : vec4f, // eye point of the camera; w: focal length f
  shift : vec4f, // x, y: shift of the picture in NDC; z: eye-mouth length of the carrier in dm; w: unused
  lightX : vec4f, // the light's orthographic projection
  lightY : vec4f,
  lightZ : vec4f,
  leftEye : vec4f, // centre of the eyeball with x < 0 on the mean head, posed; w: its radius
  rightEye : vec4f,
  leftGaze : vec4f, // unit direction of the gaze of each eye
  rightGaze : vec4f,
  headX : vec4f, // turn of the head, head to world
  headY : vec4f,
  headZ : vec4f,
  between : vec4f, // between the carrier's eyes, posed
  leftSocket : vec4f, // the eyeballs before the head turns
  rightSocket : vec4f,
  leftGazeX : vec4f, // turn of the eyeballs in their sockets
  leftGazeY : vec4f,
  leftGazeZ : vec4f,
  rightGazeX : vec4f,
  rightGazeY : vec4f,
  rightGazeZ : vec4f,
  bodyX : vec4f, // turn of the shoulders
  bodyY : vec4f,
  bodyZ : vec4f,
}

/** Where q shows: x and y in NDC; z: its distance from the camera along z in dm. */
fn seen(eye : vec4f, shift : vec4f, q : vec3f) -> vec3f {
  let depth = eye.z - q.z;
  return vec3f(eye.w * (q.xy - eye.xy) / depth + shift.xy, depth);
}
