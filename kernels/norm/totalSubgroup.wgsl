// Part: sums over a workgroup that is one subgroup and has one channel group, for adapters that compute on the CPU.
// Prelude   enable subgroups; alias V; BLOCK = 1, WORKGROUP_ROWS = WG = 8.
fn total(a : V, b : V, thread : u32) -> array<V, 2> {
  return array<V, 2>(subgroupAdd(a), subgroupAdd(b));
}
