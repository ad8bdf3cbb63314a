// Part: the space of the turned head: axes of the head, origin between the carrier's eyes.
//
//   q' = Rᵀ (q − m),  with the rows of R (head to world) and m of the View
//
// It depends on the attributes alone. A library part: no entry point. Bindings: `views`. Parts before: view.

fn intoHead(picture : u32, v : vec3f) -> vec3f {
  return views[picture].headX.xyz * v.x + views[picture].headY.xyz * v.y + views[picture].headZ.xyz * v.z;
}

fn outOfHead(picture : u32, v : vec3f) -> vec3f {
  return vec3f(dot(views[picture].headX.xyz, v), dot(views[picture].headY.xyz, v), dot(views[picture].headZ.xyz, v));
}

/** The middle of the skull under the scalp. */
fn skullCentre(picture : u32) -> vec3f {
  return views[picture].between.xyz + outOfHead(picture, vec3f(0.0, 0.12, -0.95));
}
