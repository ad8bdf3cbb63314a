// Part: loader of a dense A that is contiguous along m, for any M: loadA gives A[m … m+3, k] by four loads.
//
// Rows past M repeat the last one and are not stored.
// Interface  a loader of A, see ../README.md.
// Layout    a [K, M] as StoredA = f32 or f16. No batch.
// Prelude   alias StoredA.
@group(0) @binding(1) var<storage, read> a : array<StoredA>;

alias RowA = vec4u;
alias StepA = u32;
fn rowA(m : u32) -> RowA { return min(m + vec4u(0u, 1u, 2u, 3u), vec4u(M - 1u)); }
fn stepA(k : u32) -> StepA { return k * M; }
fn loadA(row : RowA, step : StepA) -> vec4f {
  let at = row + step;
  return vec4f(vec4<StoredA>(a[at.x], a[at.y], a[at.z], a[at.w]));
}
