// Part: which part of a tensor [OUTER, ROWS, C] an invocation works on, where a workgroup shares a chunk: its invocations are LANES rows times BLOCK
// neighbouring channel groups, so that each row is read in pieces of 16 · BLOCK bytes. rows.wgsl is the other way.
//
// Rows are dealt out in turns of LANES: chunk k owns the rows from k · LANES on, then those from (k + chunks) · LANES on, ….
// Prelude   alias V; WG = LANES · BLOCK, LANES, BLOCK (divides GROUPS), OUTER, GROUPS = C / width of V; a part total*.wgsl.
struct Share {
  c : u32, // channel group
  chunk : u32,
  outer : u32,
  lane : u32, // of LANES
}

/** The workgroup's number. */
fn tileOf(group : vec3u, groups : vec3u) -> u32 {
  return group.y * groups.x + group.x;
}

fn shareOf(group : vec3u, groups : vec3u, lane : u32, chunks : u32) -> Share {
  let blocks = GROUPS / BLOCK;
  let tile = tileOf(group, groups);
  return Share((tile % blocks) * BLOCK + lane % BLOCK, (tile / blocks) % chunks, tile / (blocks * chunks), lane / BLOCK);
}

/** Is there nothing for this workgroup to do? The grid is rounded up. The same for all its invocations: barriers may follow. */
fn idle(group : vec3u, groups : vec3u, lane : u32, chunks : u32) -> bool {
  return tileOf(group, groups) >= OUTER * chunks * (GROUPS / BLOCK);
}
