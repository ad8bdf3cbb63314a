// Part: counts of rows.
// Prelude   OUTER, GROUPS; PADDING = elements at the end of an f16 image that only fill its last 4 bytes; ROW_LANES = LANES of the kernel that made chunks.

/** ROWS of an image [OUTER, ROWS, C] of this many V. */
fn rowsIn(length : u32) -> u32 {
  return (length - PADDING) / (OUTER * GROUPS);
}

/** How many rows chunk k owns, under the dealing out of rows.wgsl and blocks.wgsl. */
fn rowsOf(rows : u32, chunks : u32, k : u32) -> f32 {
  let turn = chunks * ROW_LANES;
  let rest = rows % turn; // rows of the last, partial turn; chunk k takes those from k · ROW_LANES on
  return f32((rows / turn) * ROW_LANES + clamp(max(rest, k * ROW_LANES) - k * ROW_LANES, 0u, ROW_LANES));
}
