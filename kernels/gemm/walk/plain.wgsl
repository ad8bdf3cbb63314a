// Part: walk over A by loads of eight f16: it saves the row, and computes each step of k anew.
// Interface  a walk, see ../README.md.
alias WalkA = RowA;
alias AddressA = RowA;
const RUN_A = 0u; // an address holds for all k
fn walkA(m : u32) -> WalkA { return rowA(m); }
fn neighbourA(row : WalkA, chunks : u32, m : u32) -> WalkA { return walkA(m); }
fn addressA(row : WalkA, k : u32) -> AddressA { return row; }
fn eightOfA(address : AddressA, k : u32) -> vec4u { return loadA(address, stepA(k)); }
