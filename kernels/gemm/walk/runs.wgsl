// Part: walk over an image by pixels: it computes the address of a pixel, and whether it lies inside, once per tap.
// Needs CHANNELS % BK == 0.
//
// A step of k then stays within a tap, and through the channels of the pixel a load costs one addition. Index
// arithmetic is what an implicit GEMM has to do in addition to a dense one.
// Interface  a walk, see ../README.md; comes after load/im2col.wgsl, which defines Address and addressOf.
alias WalkA = RowA;
alias AddressA = Address;
const RUN_A = CHANNELS;
fn walkA(m : u32) -> WalkA { return rowA(m); }
fn neighbourA(row : WalkA, chunks : u32, m : u32) -> WalkA { return walkA(m); }
fn addressA(row : WalkA, k : u32) -> AddressA { return addressOf(row, tapOf(k)); }

fn eightOfA(address : AddressA, k : u32) -> vec4u {
  var value = vec4u();
  if (address.inside) {
    value = a[address.at + (k % CHANNELS) / 8u];
  }
  return value;
}
