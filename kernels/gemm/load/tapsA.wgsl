// im2col by tap for matrix.wgsl: rows are (tap, channel), k runs over pixels. Nothing is done to a loaded value here, not even a select: who touches it waits for
// it. (matrix.wgsl does, where K is ragged.)
alias WideRow = RowA;
alias PlaceA = RowA;
const RUN_A = 0u; // places hold for all of k
fn wideRow(m : u32) -> WideRow { return rowA(m); }
fn placeA(row : WideRow, k : u32) -> PlaceA { return row; }

// The row 8 · chunks further along m. In a tile that no tap ends in it meets the same pixels, and the compiler finds their places once.
fn beside(row : WideRow, chunks : u32, m : u32) -> WideRow {
  if (CHANNELS % BM == 0u) {
    return WideRow(row.row, row.column, row.channel + chunks);
  }
  return wideRow(m);
}

fn wideA(tap : PlaceA, k : u32) -> vec4u {
  let place = placeOf(pixelOf(k), tap);
  var value = vec4u();
  if (place.inside) {
    value = a[place.at + tap.channel];
  }
  return value;
}
