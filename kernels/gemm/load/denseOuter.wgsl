// Part: loader of a dense A that is contiguous along m: loadA gives A[m … m + WIDTH_A - 1, k]. Needs M % WIDTH_A == 0.
// Interface  a loader of A, see ../README.md.
// Layout    a [BATCH, K, M].
// Prelude   WIDTH_A, StoredA and LoadedA as in dense.wgsl.
@group(0) @binding(1) var<storage, read> a : array<StoredA>;

alias RowA = u32;
alias StepA = u32;
fn rowA(m : u32) -> RowA { return min(m, M - WIDTH_A) / WIDTH_A; }
fn stepA(k : u32) -> StepA { return (batchIndex * K + k) * (M / WIDTH_A); }
fn loadA(row : RowA, step : StepA) -> LoadedA { return LoadedA(a[row + step]); }
