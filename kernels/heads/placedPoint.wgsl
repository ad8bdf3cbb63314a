// Part: which point of a picture a thread has. Slots of a picture are its points by kind of part, then those of the
// carrier's body; a style that is worn may leave slots of its kind empty.
// Preconditions: tables.wgsl; `people`, person.wgsl; POINTS, BODY_POINTS.

struct PlacedPoint {
  isThere : bool, // whether the slot is filled
  ofCarrier : bool, // whether it belongs to the carrier's body
  kind : u32,
  place : u32, // among the points of its part
  point : u32, // among all points of the asset
}

/** The point of slot `slot` < POINTS + BODY_POINTS. */
fn placedPoint(picture : u32, slot : u32) -> PlacedPoint {
  let ofCarrier = slot >= POINTS;
  let kind = select(kindAt(slot, KIND_POINT_START), BODY, ofCarrier);
  let place = slot - select(kindRow(kind, KIND_POINT_START), POINTS, ofCarrier);
  let part = wornPart(kind, people[picture].style, people[picture].hair);
  if (part == NO_PART || place >= partRow(part, PART_POINTS)) {
    return PlacedPoint(false, ofCarrier, kind, place, 0u);
  }
  return PlacedPoint(true, ofCarrier, kind, place, partRow(part, POINT_START) + place);
}
