// Part: what is known of a channel once keep.wgsl has written its statistics, and values seen from them.
//
// x̂ = (x − p) · r − d · r with the two unrounded parts p + d of the mean, p a value of the data: x − mean would lose what rounding the mean lost.
// Layout    stats [OUTER, 4, C] as keep.wgsl writes it. The part owns binding 2.
// Prelude   alias V; OUTER, GROUPS, EPS.
@group(0) @binding(2) var<storage, read> stats : array<V>;

struct Known {
  pivot : V, // p
  rstd : V, // r = 1 / √(var + EPS)
  offset : V, // −d · r
}

fn knownOf(outer : u32, c : u32) -> Known {
  let at = outer * 4u * GROUPS + c;
  let rstd = V(1.0) / sqrt(stats[at + GROUPS] + EPS);
  return Known(stats[at + 2u * GROUPS], rstd, -stats[at + 3u * GROUPS] * rstd);
}

/** x̂ = (x − mean) / √(var + EPS) */
fn normalOf(x : V, known : Known) -> V {
  return (x - known.pivot) * known.rstd + known.offset;
}
