// Part: sums over the threads of a workgroup that share a channel group, by shuffles inside subgroups.
//
// Then 2 · BLOCK threads add the sums of the subgroups. The order is fixed. totalWorkgroup.wgsl is the alternative.
// Barriers  two. A thread that still reads `both` is waited for by the first barrier of the next total.
// Prelude   enable subgroups; alias V; BLOCK and SUBGROUP, the size of every subgroup here, both powers of two;
//           WG = WORKGROUP_ROWS · BLOCK, a multiple of SUBGROUP; threads of a subgroup are neighbours in the workgroup.
// Neighbouring threads, whose sums end up in BLOCK of them, one for each channel group.
const TEAM = max(SUBGROUP, BLOCK);
const TEAMS = WG / TEAM;
var<workgroup> partial : array<V, 2u * TEAMS * BLOCK>;
var<workgroup> both : array<V, 2u * BLOCK>;

fn total(a : V, b : V, thread : u32) -> array<V, 2> {
  var first = a;
  var second = b;
  for (var step = BLOCK; step < SUBGROUP; step *= 2u) {
    first += subgroupShuffleXor(first, step);
    second += subgroupShuffleXor(second, step);
  }
  if (thread % TEAM < BLOCK) {
    partial[(thread / TEAM) * BLOCK + thread % TEAM] = first;
    partial[(TEAMS + thread / TEAM) * BLOCK + thread % TEAM] = second;
  }
  workgroupBarrier();
  if (thread < 2u * BLOCK) {
    let at = (thread / BLOCK) * TEAMS * BLOCK + thread % BLOCK;
    var sum = partial[at];
    for (var k = 1u; k < TEAMS; k++) {
      sum += partial[at + k * BLOCK];
    }
    both[thread] = sum;
  }
  workgroupBarrier();
  return array<V, 2>(both[thread % BLOCK], both[BLOCK + thread % BLOCK]);
}
