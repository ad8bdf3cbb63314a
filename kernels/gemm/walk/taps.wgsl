// Part: walk over an image by taps: rows are (tap, channel), and k runs over pixels.
//
// Nothing uses a loaded value here, not even a select: an instruction that uses it waits for the load. (matrix.wgsl
// does where BK does not divide K.)
// Interface  a walk, see ../README.md; comes after load/im2col.wgsl, which defines addressOf and pixelOf.
alias WalkA = RowA;
alias AddressA = RowA;
const RUN_A = 0u; // an address holds for all k
fn walkA(m : u32) -> WalkA { return rowA(m); }
fn addressA(row : WalkA, k : u32) -> AddressA { return row; }

// The row 8 · chunks further along m. If no tap ends within a tile both belong to the same tap, and compilers compute
// addressOf once for both.
fn neighbourA(row : WalkA, chunks : u32, m : u32) -> WalkA {
  if (CHANNELS % BM == 0u) {
    return WalkA(row.row, row.column, row.channel + chunks);
  }
  return walkA(m);
}

fn eightOfA(tap : AddressA, k : u32) -> vec4u {
  let address = addressOf(pixelOf(k), tap);
  var value = vec4u();
  if (address.inside) {
    value = a[address.at + tap.channel];
  }
  return value;
}
