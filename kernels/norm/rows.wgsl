// Part: which rows and channels of a tensor [OUTER, ROWS, C] a thread works on: one channel group of one sample, over
// the rows of one chunk. Threads share nothing. Adapters without fast workgroup memory take this, and passes that sum
// nothing.
//
// blocks.wgsl is the alternative, in which a workgroup shares a chunk. The chunks take rows in rotation: chunk k has
// the rows k, k + chunks, and so forth. Channel groups run fastest, so that neighbouring threads read neighbouring
// memory and a thread steps by chunks · GROUPS without a division.
// Compiling Row counts come from buffer lengths: layers of one width share a pipeline, and no driver unrolls the loops
//           (llvmpipe took 1 to 3 s for a merge of 32 chunks as a constant, 0.1 s for a number from memory).
// Prelude   alias V; WG, OUTER, GROUPS = C / width of V.
const WORKGROUP_ROWS = 1u; // rows of a chunk that are read at a time

struct Share {
  c : u32, // channel group
  chunk : u32,
  outer : u32,
  row : u32, // of WORKGROUP_ROWS
}

fn shareOf(group : vec3u, groups : vec3u, thread : u32, chunks : u32) -> Share {
  let index = (group.y * groups.x + group.x) * WG + thread;
  return Share(index % GROUPS, (index / GROUPS) % chunks, index / (GROUPS * chunks), 0u);
}

/** Whether this thread has nothing to do, because the grid is rounded up. */
fn idle(group : vec3u, groups : vec3u, thread : u32, chunks : u32) -> bool {
  return shareOf(group, groups, thread, chunks).outer >= OUTER;
}

/** The sums of a and b over all threads that share a chunk. */
fn total(a : V, b : V, thread : u32) -> array<V, 2> {
  return array<V, 2>(a, b);
}
