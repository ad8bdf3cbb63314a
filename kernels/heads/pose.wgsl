// Part: turns of head and shoulders.
//
//   posed(q) = c + s H (q − c) + (1 − s) B (q − c),   s = smoothstep(5.45, 6.5, q.y + 0.22 (q.z − 0.5)),
// with the head's turn H, the shoulders' turn B, and c the top of the neck. `s` lets the neck bend. A turn is held as
// the matrix whose columns are its rows, so that v * turn = turn · v.

const NECK = vec3f(0.0, 6.35, 0.55);

fn posed(head : mat3x3f, body : mat3x3f, q : vec3f) -> vec3f {
  let share = smoothstep(5.45, 6.5, q.y + 0.22 * (q.z - 0.5));
  let v = q - NECK;
  return NECK + share * (v * head) + (1.0 - share) * (v * body);
}
