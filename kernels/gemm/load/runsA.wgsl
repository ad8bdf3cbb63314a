// im2col for matrix.wgsl where a step of k stays within a tap (CHANNELS % BK == 0): where a pixel meets a tap, and whether it lies inside, is found once per tap
// and pixel; on the way through its channels a load costs one addition. Index arithmetic is what an implicit GEMM pays for.
alias WideRow = RowA;
alias PlaceA = Place;
const RUN_A = CHANNELS;
fn wideRow(m : u32) -> WideRow { return rowA(m); }
fn beside(row : WideRow, chunks : u32, m : u32) -> WideRow { return wideRow(m); }
fn placeA(row : WideRow, k : u32) -> PlaceA { return placeOf(row, tapOf(k)); }

fn wideA(place : PlaceA, k : u32) -> vec4u {
  var value = vec4u();
  if (place.inside) {
    value = a[place.at + (k % CHANNELS) / 8u];
  }
  return value;
}
