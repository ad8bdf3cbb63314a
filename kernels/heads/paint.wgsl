// Part: stripes painted across the face.
//
//   u = stripes · (x, y),  cover = strength · edge(|u − ⌊u⌋ − 1/2|) · front(x, y, z) · open(occlusion)
//   edge: 0 below 0.21, 1 above 0.29: half of the skin is painted
//
// x, y, z lie on the mean head, so the stripes stick to the skin, whatever pose and expression do to it, and are the
// same on every identity's face: they belong to the attributes. `front` keeps ears, neck and scalp free, `open` the
// inside of mouth and nose.
//
// A library part: no entry point. Binding `people`. Parts before: person, spot.

/** Share of the skin that paint hides. */
fn paintAt(picture : u32, s : Spot) -> f32 {
  let q = s.rest;
  let u = dot(people[picture].stripes.xy, q.xy);
  let steps = smoothstep(
    vec4f(0.21, 0.4, 6.02, -7.95),
    vec4f(0.29, 0.7, 6.2, -7.7),
    vec4f(abs(fract(u) - 0.5), q.z, q.y + 0.15 * (q.z - 1.3), -q.y),
  );
  let open = smoothstep(0.3, 0.5, s.occlusion);
  return people[picture].paint.w * (steps.x * steps.y) * (steps.z * steps.w) * open;
}
