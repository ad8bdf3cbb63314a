// Part: walk over A that makes eight halves of two loads of four, for extents that 8 does not divide: three-channel images and other odd shapes.
// Interface  a walk, see ../README.md.
// Prelude   A_BY_K: do the eight run along k or along m? Values past K become zeros, rows past M repeat others and are not stored.
struct WalkA { low : RowA, high : RowA }
alias PlaceA = WalkA;
const RUN_A = 0u; // places hold for all of k

fn walkA(m : u32) -> WalkA { return WalkA(rowA(m), rowA(select(min(m + 4u, M - 1u), m, A_BY_K))); }
fn besideA(row : WalkA, chunks : u32, m : u32) -> WalkA { return walkA(m); }
fn placeA(row : WalkA, k : u32) -> PlaceA { return row; }

fn takeA(place : PlaceA, k : u32) -> vec4u {
  let next = select(k, k + 4u, A_BY_K);
  let low = loadA(place.low, stepA(k));
  let high = select(vec4f(), loadA(place.high, stepA(min(next, K - 1u))), next < K);
  return vec4u(bitcast<vec2u>(vec4<f16>(low)), bitcast<vec2u>(vec4<f16>(high)));
}
