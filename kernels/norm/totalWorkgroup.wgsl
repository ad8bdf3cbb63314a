// Part: sums over the invocations of a workgroup that share a channel group, in workgroup memory and in a fixed order, for devices whose
// subgroups have no known size.
//
// BLOCK · PIECES invocations add what lies in their column, every PIECES-th row; then everyone adds the pieces.
// Barriers  two, where a tree has one for each halving: whoever is still reading pieces is waited for by the first one of the next total.
// Prelude   alias V; LANES, BLOCK, WG = LANES · BLOCK.
const PIECES = min(LANES, 8u);
var<workgroup> firsts : array<V, WG>;
var<workgroup> seconds : array<V, WG>;
var<workgroup> pieces : array<array<V, 2>, BLOCK * PIECES>;

fn total(a : V, b : V, lane : u32) -> array<V, 2> {
  firsts[lane] = a;
  seconds[lane] = b;
  workgroupBarrier();
  if (lane < BLOCK * PIECES) {
    var sums = array<V, 2>(a, b);
    for (var at = lane + BLOCK * PIECES; at < WG; at += BLOCK * PIECES) {
      sums[0] += firsts[at];
      sums[1] += seconds[at];
    }
    pieces[lane] = sums;
  }
  workgroupBarrier();
  var sums = pieces[lane % BLOCK];
  for (var k = 1u; k < PIECES; k++) {
    sums[0] += pieces[lane % BLOCK + k * BLOCK][0];
    sums[1] += pieces[lane % BLOCK + k * BLOCK][1];
  }
  return sums;
}
