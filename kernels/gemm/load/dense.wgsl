// Part: loader of a dense A that is contiguous along k: loadA gives A[m, k … k + WIDTH_A - 1]. Needs K % WIDTH_A == 0.
// Interface  a loader of A, see ../README.md.
// Layout    a [BATCH, M, K].
// Prelude   WIDTH_A and the aliases StoredA and LoadedA: 4 values, stored as vec4f or vec4<f16> and loaded as vec4f, or
//           8 f16, stored and loaded as vec4u (matrix.wgsl).
@group(0) @binding(1) var<storage, read> a : array<StoredA>;

alias RowA = u32;
alias StepA = u32;
fn rowA(m : u32) -> RowA { return (batchIndex * M + m) * (K / WIDTH_A); }
fn stepA(k : u32) -> StepA { return k / WIDTH_A; }
fn loadA(row : RowA, step : StepA) -> LoadedA { return LoadedA(a[row + step]); }
