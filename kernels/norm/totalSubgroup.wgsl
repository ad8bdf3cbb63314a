// Part: sums over a workgroup that is one subgroup and one channel group, without workgroup memory: for adapters that compute on the CPU.
// Prelude   enable subgroups; alias V; BLOCK = 1, LANES = WG = 8.
fn total(a : V, b : V, lane : u32) -> array<V, 2> {
  return array<V, 2>(subgroupAdd(a), subgroupAdd(b));
}
