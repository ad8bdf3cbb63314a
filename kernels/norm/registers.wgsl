// Part: which rows of a plane an invocation keeps in registers, and how: as they lie in memory. Halves stay in pairs, half the registers of numbers
// taken apart.
//
// An invocation has a row in each of HELD turns of LANES rows, but for the last turn of a plane that LANES does not divide. Its addresses are that
// of its first row and constants: with each computed from its row, gradients took 15.8 µs instead of 13.5 (28x28x512, 16 images of f16, H200; of f32
// 29.3 instead of 25.7).
// Prelude   alias Raw (vec2u for four halves, else S) with fn opened(raw : Raw) -> V and fn packed(v : V) -> Raw; LANES; GROUPS; HELD = ⌈ROWS / LANES⌉;
//           WHOLE = ⌊ROWS / LANES⌋, known when compiling: no turn but the last asks whether there is a row.

/** Where the row of turn k lies, `first` being the invocation's own of turn 0 and `last` the plane's last one, which is read again past the end. */
fn heldAt(first : u32, k : u32, last : u32) -> u32 {
  return select(min(first + k * LANES * GROUPS, last), first + k * LANES * GROUPS, k < WHOLE);
}

/** Is there a row in turn k? */
fn holds(first : u32, k : u32, last : u32) -> bool {
  return k < WHOLE || first + k * LANES * GROUPS <= last;
}
