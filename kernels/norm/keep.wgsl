// Part: what known.wgsl reads is written here: a channel's statistics, by the one invocation that has them last.
//
// Layout    stats [OUTER, 4, C]: mean, variance, pivot, offset; the mean is pivot + offset, which are kept because that sum is rounded. The kernel declares it.
// Prelude   alias V; GROUPS, and Share of rows.wgsl or blocks.wgsl; fn observe(c : u32, mean : V, variance : V, rows : f32), which batch norm fills with the move of
//           its running statistics (bindings from 3 on): they then cost no launch of their own.
fn keep(share : Share, pivot : V, offset : V, variance : V, rows : u32) {
  if (share.lane != 0u) {
    return;
  }
  let at = share.outer * 4u * GROUPS + share.c;
  stats[at] = pivot + offset;
  stats[at + GROUPS] = variance;
  stats[at + 2u * GROUPS] = pivot;
  stats[at + 3u * GROUPS] = offset;
  observe(share.c, pivot + offset, variance, f32(rows));
}
