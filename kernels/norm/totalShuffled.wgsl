// Part: sums over the invocations of a workgroup that share a channel group: first those of a subgroup, by shuffles, then 2 · BLOCK invocations
// add the subgroups'. The order is fixed. totalWorkgroup.wgsl is the other way.
//
// Barriers  two: whoever is still reading `both` is waited for by the first one of the next total.
// Prelude   enable subgroups; alias V; BLOCK, and SUBGROUP, the size of every subgroup here, powers of two; WG = LANES · BLOCK, whole subgroups,
//           whose lanes are neighbours in the workgroup.
const TEAM = max(SUBGROUP, BLOCK); // neighbours, at the end one of them for each channel group
const TEAMS = WG / TEAM;
var<workgroup> partial : array<V, 2u * TEAMS * BLOCK>;
var<workgroup> both : array<V, 2u * BLOCK>;

fn total(a : V, b : V, lane : u32) -> array<V, 2> {
  var first = a;
  var second = b;
  for (var step = BLOCK; step < SUBGROUP; step *= 2u) {
    first += subgroupShuffleXor(first, step);
    second += subgroupShuffleXor(second, step);
  }
  if (lane % TEAM < BLOCK) {
    partial[(lane / TEAM) * BLOCK + lane % TEAM] = first;
    partial[(TEAMS + lane / TEAM) * BLOCK + lane % TEAM] = second;
  }
  workgroupBarrier();
  if (lane < 2u * BLOCK) {
    let at = (lane / BLOCK) * TEAMS * BLOCK + lane % BLOCK;
    var sum = partial[at];
    for (var k = 1u; k < TEAMS; k++) {
      sum += partial[at + k * BLOCK];
    }
    both[lane] = sum;
  }
  workgroupBarrier();
  return array<V, 2>(both[lane % BLOCK], both[BLOCK + lane % BLOCK]);
}
