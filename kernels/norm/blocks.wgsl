// Part: which rows and channels of a tensor [OUTER, ROWS, C] a thread works on, where a workgroup shares a chunk of
// rows.
//
// A workgroup covers WORKGROUP_ROWS rows by BLOCK neighbouring channel groups at a time, one thread for each pair, so
// that it reads 16 · BLOCK bytes of a row at once (8 · BLOCK of f16). rows.wgsl is the alternative, in which threads
// work alone.
// The chunks take rows in rotation, WORKGROUP_ROWS at a time: chunk k has the rows from k · WORKGROUP_ROWS on, then
// those from (k + chunks) · WORKGROUP_ROWS on, and so forth.
// Prelude   alias V; WORKGROUP_ROWS; BLOCK, a divisor of GROUPS; WG = WORKGROUP_ROWS · BLOCK; OUTER;
//           GROUPS = C / width of V; one of the parts total*.wgsl.
struct Share {
  c : u32, // channel group
  chunk : u32,
  outer : u32,
  row : u32, // of the WORKGROUP_ROWS that the workgroup reads at a time
}

/** The workgroup's number. */
fn tileOf(group : vec3u, groups : vec3u) -> u32 {
  return group.y * groups.x + group.x;
}

fn shareOf(group : vec3u, groups : vec3u, thread : u32, chunks : u32) -> Share {
  let blocks = GROUPS / BLOCK;
  let tile = tileOf(group, groups);
  let c = (tile % blocks) * BLOCK + thread % BLOCK;
  return Share(c, (tile / blocks) % chunks, tile / (blocks * chunks), thread / BLOCK);
}

/**
 * Whether this workgroup has nothing to do, because the grid is rounded up. All its threads agree, so barriers may
 * follow.
 */
fn idle(group : vec3u, groups : vec3u, thread : u32, chunks : u32) -> bool {
  return tileOf(group, groups) >= OUTER * chunks * (GROUPS / BLOCK);
}
