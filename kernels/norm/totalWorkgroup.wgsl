// Sums over the invocations of a workgroup that share a channel group, as a tree in workgroup memory: a fixed order.
// Prelude   alias V; LANES (a power of two), BLOCK, WG = LANES · BLOCK.
var<workgroup> partial : array<array<V, 2>, WG>;

fn total(a : V, b : V, lane : u32) -> array<V, 2> {
  workgroupBarrier(); // nobody reads an earlier total any more
  partial[lane] = array<V, 2>(a, b);
  workgroupBarrier();
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    if (lane < half * BLOCK) {
      partial[lane][0] += partial[lane + half * BLOCK][0];
      partial[lane][1] += partial[lane + half * BLOCK][1];
    }
    workgroupBarrier();
  }
  return partial[lane % BLOCK];
}
