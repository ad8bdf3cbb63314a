// Part: loader of a dense A stored [K, M]: loadA gives A[m … m + WIDE_A - 1, k]; several items lie one after the other. Needs M % WIDE_A == 0.
// Interface  a loader of A, see ../README.md.
// Prelude   WIDE_A, StoredA and LoadedA as dense.wgsl.
@group(0) @binding(1) var<storage, read> a : array<StoredA>;

alias RowA = u32;
alias StepA = u32;
fn rowA(m : u32) -> RowA { return min(m, M - WIDE_A) / WIDE_A; }
fn stepA(k : u32) -> StepA { return (item * K + k) * (M / WIDE_A); }
fn loadA(row : RowA, step : StepA) -> LoadedA { return LoadedA(a[row + step]); }
