// Part: writes the statistics of a channel, which readStats.wgsl reads. One thread of those that share a channel does
// it.
//
// Layout    stats [OUTER, 4, C]: mean, variance, pivot, offset. The mean is pivot + offset; both are stored beside it,
//           because their sum is rounded. The kernel declares the binding.
// Prelude   alias V; GROUPS, and Share of rows.wgsl or blocks.wgsl;
//           fn observe(c : u32, mean : V, variance : V, rows : f32), in which batch norm moves its running statistics
//           (bindings from 3 on), so that these need no launch of their own.
fn writeStats(share : Share, pivot : V, offset : V, variance : V, rows : u32) {
  if (share.row != 0u) {
    return;
  }
  let at = share.outer * 4u * GROUPS + share.c;
  stats[at] = pivot + offset;
  stats[at + GROUPS] = variance;
  stats[at + 2u * GROUPS] = pivot;
  stats[at + 3u * GROUPS] = offset;
  observe(share.c, pivot + offset, variance, f32(rows));
}
