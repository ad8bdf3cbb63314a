// Loader of a dense A, contiguous along k: loadA gives A[m, k … k+3]; several items lie one after the other. Needs K % 4 == 0.
@group(0) @binding(1) var<storage, read> a : array<vec4f>;

alias RowA = u32;
alias StepA = u32;
fn rowA(m : u32) -> RowA { return (item * M + m) * (K / 4u); }
fn stepA(k : u32) -> StepA { return k / 4u; }
fn loadA(row : RowA, step : StepA) -> vec4f { return a[row + step]; }
