// Part: which part of a tensor [OUTER, ROWS, C] an invocation works on: one channel group of one sample, over the rows of one chunk. Here invocations know nothing of
// each other: adapters without fast workgroup memory take this, and passes that sum nothing. blocks.wgsl is the other way.
//
// Rows are dealt out to the chunks in turns: chunk k owns k, k + chunks, …. Groups run fastest: neighbours read neighbours, and a walk steps by
// chunks · GROUPS without a division.
// Compiling Row counts come from buffer lengths: layers of one width share a pipeline, and no driver unrolls the loops (llvmpipe took 1 to 3 s for a merge of
//           32 known chunks, 0.1 s for an unknown number).
// Prelude   alias V; WG, OUTER, GROUPS = C / width of V.
const LANES = 1u; // invocations that share a chunk

struct Share {
  c : u32, // channel group
  chunk : u32,
  outer : u32,
  lane : u32, // of LANES
}

fn shareOf(group : vec3u, groups : vec3u, lane : u32, chunks : u32) -> Share {
  let index = (group.y * groups.x + group.x) * WG + lane;
  return Share(index % GROUPS, (index / GROUPS) % chunks, index / (GROUPS * chunks), 0u);
}

/** Is there nothing for this invocation to do? The grid is rounded up. */
fn idle(group : vec3u, groups : vec3u, lane : u32, chunks : u32) -> bool {
  return shareOf(group, groups, lane, chunks).outer >= OUTER;
}

/** The sums of a and b over all invocations that share a chunk. */
fn total(a : V, b : V, lane : u32) -> array<V, 2> {
  return array<V, 2>(a, b);
}
