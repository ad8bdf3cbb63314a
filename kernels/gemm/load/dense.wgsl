// Part: loader of a dense A, contiguous along k: loadA gives A[m, k … k + WIDE_A - 1]; several items lie one after the other. Needs K % WIDE_A == 0.
// Interface  a loader of A, see ../README.md.
// Prelude   WIDE_A and the aliases StoredA, LoadedA: 4 of vec4f or vec4<f16> loaded as vec4f, or 8 halves as a vec4u (matrix.wgsl).
@group(0) @binding(1) var<storage, read> a : array<StoredA>;

alias RowA = u32;
alias StepA = u32;
fn rowA(m : u32) -> RowA { return (item * M + m) * (K / WIDE_A); }
fn stepA(k : u32) -> StepA { return k / WIDE_A; }
fn loadA(row : RowA, step : StepA) -> LoadedA { return LoadedA(a[row + step]); }
