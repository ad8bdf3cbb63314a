// Gives matrix.wgsl eight halves of A out of two loads of four, for extents that 8 does not divide: three-channel images and other odd shapes.
// Prelude   A_BY_K: do the eight run along k or along m? Values past K become zeros, rows past M repeat others and are not stored.
struct WideRow { low : RowA, high : RowA }
alias PlaceA = WideRow;
const RUN_A = 0u; // places hold for all of k

fn wideRow(m : u32) -> WideRow { return WideRow(rowA(m), rowA(select(min(m + 4u, M - 1u), m, A_BY_K))); }
fn beside(row : WideRow, chunks : u32, m : u32) -> WideRow { return wideRow(m); }
fn placeA(row : WideRow, k : u32) -> PlaceA { return row; }

fn wideA(place : PlaceA, k : u32) -> vec4u {
  let next = select(k, k + 4u, A_BY_K);
  let low = loadA(place.low, stepA(k));
  let high = select(vec4f(), loadA(place.high, stepA(min(next, K - 1u))), next < K);
  return vec4u(bitcast<vec2u>(vec4<f16>(low)), bitcast<vec2u>(vec4<f16>(high)));
}
