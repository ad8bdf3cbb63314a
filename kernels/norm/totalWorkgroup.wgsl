// Part: sums over the threads of a workgroup that share a channel group, in workgroup memory and in a fixed order.
//
// For devices whose subgroups have no known size. BLOCK · PIECES threads each add every PIECES-th row of their channel
// group; then every thread adds the pieces.
// Barriers  two, where a tree has one for each halving. A thread that still reads `pieces` is waited for by the first
//           barrier of the next total.
// Prelude   alias V; WORKGROUP_ROWS, BLOCK, WG = WORKGROUP_ROWS · BLOCK.
const PIECES = min(WORKGROUP_ROWS, 8u);
var<workgroup> firsts : array<V, WG>;
var<workgroup> seconds : array<V, WG>;
var<workgroup> pieces : array<array<V, 2>, BLOCK * PIECES>;

fn total(a : V, b : V, thread : u32) -> array<V, 2> {
  firsts[thread] = a;
  seconds[thread] = b;
  workgroupBarrier();
  if (thread < BLOCK * PIECES) {
    var sums = array<V, 2>(a, b);
    for (var at = thread + BLOCK * PIECES; at < WG; at += BLOCK * PIECES) {
      sums[0] += firsts[at];
      sums[1] += seconds[at];
    }
    pieces[thread] = sums;
  }
  workgroupBarrier();
  var sums = pieces[thread % BLOCK];
  for (var k = 1u; k < PIECES; k++) {
    sums[0] += pieces[thread % BLOCK + k * BLOCK][0];
    sums[1] += pieces[thread % BLOCK + k * BLOCK][1];
  }
  return sums;
}
