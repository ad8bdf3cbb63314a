// Part: walk over A whose loads bring eight halves: a row is all that is remembered, and every step of k is found anew.
// Interface  a walk, see ../README.md.
alias WalkA = RowA;
alias PlaceA = RowA;
const RUN_A = 0u; // places hold for all of k
fn walkA(m : u32) -> WalkA { return rowA(m); }
fn besideA(row : WalkA, chunks : u32, m : u32) -> WalkA { return walkA(m); }
fn placeA(row : WalkA, k : u32) -> PlaceA { return row; }
fn takeA(place : PlaceA, k : u32) -> vec4u { return loadA(place, stepA(k)); }
