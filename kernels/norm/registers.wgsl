// Which rows of a plane an invocation keeps in registers, and how: as they lie in memory. Halves stay in pairs, half the registers of numbers
// taken apart.
//
// An invocation has a row in each of HELD turns of LANES rows, but for the last turn of a plane that LANES does not divide.
// Prelude   alias Raw (vec2u for four halves, else S) with fn opened(raw : Raw) -> V and fn packed(v : V) -> Raw; LANES; HELD = ⌈ROWS / LANES⌉;
//           WHOLE = ⌊ROWS / LANES⌋, known when compiling: no turn but the last asks whether there is a row.

/** Row of turn k; past the end the last one again. */
fn heldRow(lane : u32, k : u32, rows : u32) -> u32 {
  return select(min(lane + k * LANES, rows - 1u), lane + k * LANES, k < WHOLE);
}

/** Is there a row in turn k? */
fn holds(lane : u32, k : u32, rows : u32) -> bool {
  return k < WHOLE || lane + k * LANES < rows;
}
