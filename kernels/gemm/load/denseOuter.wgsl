// Loader of a dense A stored [K, M]: loadA gives A[m … m+3, k]; several items lie one after the other. Needs M % 4 == 0.
@group(0) @binding(1) var<storage, read> a : array<vec4f>;

alias RowA = u32;
alias StepA = u32;
fn rowA(m : u32) -> RowA { return min(m, M - 4u) / 4u; }
fn stepA(k : u32) -> StepA { return (item * K + k) * (M / 4u); }
fn loadA(row : RowA, step : StepA) -> vec4f { return a[row + step]; }
