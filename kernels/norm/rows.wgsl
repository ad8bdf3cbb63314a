// Which part of a tensor [OUTER, ROWS, C] an invocation works on: one channel group of one sample, over the rows chunk, chunk + chunks, chunk + 2 chunks, ….
//
// Groups run fastest: neighbours read neighbours, and a walk over the rows steps by chunks · GROUPS without a division.
// Compiling Row counts come from buffer lengths: layers of one width share a pipeline, and no driver unrolls the loops (llvmpipe took 1 to 3 s for a merge of
//           32 known chunks, 0.1 s for an unknown number).
// Prelude   WG, OUTER, GROUPS = C / width of V.
struct Share {
  c : u32, // channel group
  chunk : u32,
  outer : u32, // OUTER or more: nothing to do
}

fn shareOf(group : vec3u, groups : vec3u, lane : u32, chunks : u32) -> Share {
  let index = (group.y * groups.x + group.x) * WG + lane;
  return Share(index % GROUPS, (index / GROUPS) % chunks, index / (GROUPS * chunks));
}

/** Where row `row` of the share's sample and channel group lies. */
fn indexOf(share : Share, rows : u32, row : u32) -> u32 {
  return (share.outer * rows + row) * GROUPS + share.c;
}
