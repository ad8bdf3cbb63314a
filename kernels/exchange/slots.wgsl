// Part: where the parts of a bucket lie. A bucket of vectors of four numbers is cut into RANKS parts of PART vectors;
// rank r averages part r. Parts that travel follow one another in the order of the ranks, without the device's own:
//
//   slot(p) = p for p < RANK,  p − 1 for p > RANK
//
// Prelude   WG, RANK, RANKS, PART, SIZE (vectors of the bucket; the last part may be longer than what is left).
fn slot(part : u32) -> u32 {
  return part - select(0u, 1u, part > RANK);
}

fn vectorOf(group : vec3u, groups : vec3u, thread : u32) -> u32 {
  return (group.y * groups.x + group.x) * WG + thread;
}
