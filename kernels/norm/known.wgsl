// What is known of a channel once keep.wgsl has written its statistics, and values seen from them.
//
// The mean is subtracted in its two unrounded parts: x − (pivot + offset) would lose what rounding that sum lost.
// Layout    stats [OUTER, 4, C] as keep.wgsl writes it. The part owns binding 2.
// Prelude   alias V; OUTER, GROUPS, EPS.
@group(0) @binding(2) var<storage, read> stats : array<V>;

struct Known {
  pivot : V,
  offset : V,
  deviation : V, // √(var + EPS)
}

fn knownOf(outer : u32, c : u32) -> Known {
  let at = outer * 4u * GROUPS + c;
  return Known(stats[at + 2u * GROUPS], stats[at + 3u * GROUPS], sqrt(stats[at + GROUPS] + EPS));
}

/** x − mean */
fn centred(x : V, known : Known) -> V {
  return x - known.pivot - known.offset;
}
