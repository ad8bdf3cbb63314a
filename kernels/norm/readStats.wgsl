// Part: reads the statistics of a channel that writeStats.wgsl wrote, and normalises values by them.
//
//   x̂ = (x − p) · r − d · r
// The mean is p + d, with p a value of the data. Subtracting p and d one after the other keeps the digits that rounding
// their sum loses.
// Layout    stats [OUTER, 4, C] as writeStats.wgsl writes it. The part owns binding 2.
// Prelude   alias V; OUTER, GROUPS, EPS.
@group(0) @binding(2) var<storage, read> stats : array<V>;

struct Channel {
  pivot : V, // p
  rstd : V, // r = 1 / √(var + EPS)
  offset : V, // −d · r
}

fn readStats(outer : u32, c : u32) -> Channel {
  let at = outer * 4u * GROUPS + c;
  let rstd = V(1.0) / sqrt(stats[at + GROUPS] + EPS);
  return Channel(stats[at + 2u * GROUPS], rstd, -stats[at + 3u * GROUPS] * rstd);
}

/** x̂ = (x − mean) / √(var + EPS) */
fn normalOf(x : V, channel : Channel) -> V {
  return (x - channel.pivot) * channel.rstd + channel.offset;
}
