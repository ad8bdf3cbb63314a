// Part: walk over A that makes eight f16 of two loads of four, for extents that 8 does not divide.
//
// Such extents are those of three-channel images. Values past K become zeros; rows past M repeat others and are not
// stored.
// Interface  a walk, see ../README.md.
// Prelude   A_BY_K: the eight values run along k, else along m.
struct WalkA { low : RowA, high : RowA }
alias AddressA = WalkA;
const RUN_A = 0u; // an address holds for all k

fn walkA(m : u32) -> WalkA { return WalkA(rowA(m), rowA(select(min(m + 4u, M - 1u), m, A_BY_K))); }
fn neighbourA(row : WalkA, chunks : u32, m : u32) -> WalkA { return walkA(m); }
fn addressA(row : WalkA, k : u32) -> AddressA { return row; }

fn eightOfA(address : AddressA, k : u32) -> vec4u {
  let next = select(k, k + 4u, A_BY_K);
  let low = loadA(address.low, stepA(k));
  let high = select(vec4f(), loadA(address.high, stepA(min(next, K - 1u))), next < K);
  return vec4u(bitcast<vec2u>(vec4<f16>(low)), bitcast<vec2u>(vec4<f16>(high)));
}
