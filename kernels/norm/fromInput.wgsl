// x̂ from the input and its statistics:  x̂ = (x − p − d) / √(var + EPS), where p + d is the mean in two parts
//
// Part of gradSums.wgsl and gradApply.wgsl. Layout: stats [OUTER, 4, C] from mergeMoments.wgsl.
// Prelude   alias V; GROUPS, EPS; STATS = the binding of the statistics.
@group(0) @binding(STATS) var<storage, read> stats : array<V>;

struct Channel {
  pivot : V,
  offset : V,
  rstd : V, // 1 / deviation
}

fn channelAt(outer : u32, c : u32) -> Channel {
  let at = outer * 4u * GROUPS + c;
  return Channel(stats[at + 2u * GROUPS], stats[at + 3u * GROUPS], V(1.0) / sqrt(stats[at + GROUPS] + EPS));
}

fn normalOf(value : V, channel : Channel) -> V {
  return (value - channel.pivot - channel.offset) * channel.rstd;
}
