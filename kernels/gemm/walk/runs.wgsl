// Part: walk over an image by pixels where a step of k stays within a tap (CHANNELS % BK == 0): where a pixel meets a tap, and whether it lies inside, is found once per tap
// and pixel; on the way through its channels a load costs one addition. Index arithmetic is what an implicit GEMM pays for.
// Interface  a walk, see ../README.md; after load/im2col.wgsl, which defines Place and placeOf.
alias WalkA = RowA;
alias PlaceA = Place;
const RUN_A = CHANNELS;
fn walkA(m : u32) -> WalkA { return rowA(m); }
fn besideA(row : WalkA, chunks : u32, m : u32) -> WalkA { return walkA(m); }
fn placeA(row : WalkA, k : u32) -> PlaceA { return placeOf(row, tapOf(k)); }

fn takeA(place : PlaceA, k : u32) -> vec4u {
  var value = vec4u();
  if (place.inside) {
    value = a[place.at + (k % CHANNELS) / 8u];
  }
  return value;
}
