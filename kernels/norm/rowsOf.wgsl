// Part: counts of rows.
// Prelude   OUTER, GROUPS; PADDING, the elements at the end of an f16 image that only fill its last 4 bytes;
//           CHUNK_ROWS, the WORKGROUP_ROWS of the kernel that made the chunks.

/** ROWS of an image [OUTER, ROWS, C] of this many V. */
fn rowsIn(length : u32) -> u32 {
  return (length - PADDING) / (OUTER * GROUPS);
}

/** How many rows chunk k has, where chunks take rows in rotation as rows.wgsl and blocks.wgsl say. */
fn rowsOf(rows : u32, chunks : u32, k : u32) -> f32 {
  let stride = chunks * CHUNK_ROWS;
  let rest = rows % stride; // rows of the last, partial rotation; chunk k takes those from k · CHUNK_ROWS on
  return f32((rows / stride) * CHUNK_ROWS + clamp(max(rest, k * CHUNK_ROWS) - k * CHUNK_ROWS, 0u, CHUNK_ROWS));
}
