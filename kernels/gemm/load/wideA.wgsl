// Hands a loader of A whose loads bring eight halves to matrix.wgsl as it is.
alias WideRow = RowA;
alias PlaceA = RowA;
const RUN_A = 0u; // places hold for all of k
fn wideRow(m : u32) -> WideRow { return rowA(m); }
fn beside(row : WideRow, chunks : u32, m : u32) -> WideRow { return wideRow(m); }
fn placeA(row : WideRow, k : u32) -> PlaceA { return row; }
fn wideA(place : PlaceA, k : u32) -> vec4u { return loadA(place, stepA(k)); }
