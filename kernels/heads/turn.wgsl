// Part: the turn R(yaw, pitch, roll) = Rz(roll) Rx(pitch) Ry(yaw), angles in radians: yaw to the viewer's right, pitch
// downwards, roll counterclockwise. The columns of the result are the rows of R, so v * turnOf(…) = R v.
// Preconditions: pointwise/sine.wgsl with V = f32 before it.

fn turnOf(yaw : f32, pitch : f32, roll : f32) -> mat3x3f {
  let cy = cosOf(yaw);
  let sy = sinOf(yaw);
  let cp = cosOf(pitch);
  let sp = sinOf(pitch);
  let cr = cosOf(roll);
  let sr = sinOf(roll);
  return mat3x3f(
    vec3f(cr * cy - sr * sp * sy, -sr * cp, cr * sy + sr * sp * cy),
    vec3f(sr * cy + cr * sp * sy, cr * cp, sr * sy - cr * sp * cy),
    vec3f(-cp * sy, sp, cp * cy),
  );
}
