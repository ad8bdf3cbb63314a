// Part: where neighbours of a point are read from. A point of the body with window 0 reads the carrier's body, so that
// nothing of it depends on the identity, not even through a neighbour across the seam.
// Preconditions: tables.wgsl; POINTS, BODY_POINTS.

/** The place in `placed` and in `folds` at which the part begins of which `point` is a point. */
fn sourceOf(picture : u32, kind : u32, point : u32, ofCarrier : bool) -> u32 {
  let outside = kind == BODY && windowOf(point) == 0.0;
  return picture * (POINTS + BODY_POINTS) + select(kindRow(kind, KIND_POINT_START), POINTS, ofCarrier || outside);
}
