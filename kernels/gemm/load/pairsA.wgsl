// Gives matrix.wgsl eight halves of A out of two loads of four, for extents that 8 does not divide: three-channel images and other odd shapes.
// Prelude   A_BY_K: do the eight run along k or along m? Values past K become zeros, rows past M repeat others and are not stored.
struct WideRow { low : RowA, high : RowA }
struct WideStep { low : StepA, high : StepA, whole : bool }

fn wideRow(m : u32) -> WideRow { return WideRow(rowA(m), rowA(select(min(m + 4u, M - 1u), m, A_BY_K))); }

fn wideStep(k : u32) -> WideStep {
  let next = select(k, k + 4u, A_BY_K);
  return WideStep(stepA(k), stepA(min(next, K - 1u)), next < K);
}

fn wideA(row : WideRow, step : WideStep) -> vec4u {
  let low = loadA(row.low, step.low);
  let high = select(vec4f(), loadA(row.high, step.high), step.whole);
  return vec4u(bitcast<vec2u>(vec4<f16>(low)), bitcast<vec2u>(vec4<f16>(high)));
}
