// Part: walk over an image by taps: rows are (tap, channel), k runs over pixels. Nothing is done to a loaded value here, not even a select: who touches it waits for
// it. (matrix.wgsl does, where K is ragged.)
// Interface  a walk, see ../README.md; after load/im2col.wgsl, which defines placeOf and pixelOf.
alias WalkA = RowA;
alias PlaceA = RowA;
const RUN_A = 0u; // places hold for all of k
fn walkA(m : u32) -> WalkA { return rowA(m); }
fn placeA(row : WalkA, k : u32) -> PlaceA { return row; }

// The row 8 · chunks further along m. In a tile that no tap ends in it meets the same pixels, and the compiler finds their places once.
fn besideA(row : WalkA, chunks : u32, m : u32) -> WalkA {
  if (CHANNELS % BM == 0u) {
    return WalkA(row.row, row.column, row.channel + chunks);
  }
  return walkA(m);
}

fn takeA(tap : PlaceA, k : u32) -> vec4u {
  let place = placeOf(pixelOf(k), tap);
  var value = vec4u();
  if (place.inside) {
    value = a[place.at + tap.channel];
  }
  return value;
}
