// Part: loader of a dense A that is contiguous along k, for any K: loadA gives A[m, k … k+3] by four loads, zeros past
// K.
// Interface  a loader of A, see ../README.md.
// Layout    a [M, K] as StoredA = f32 or f16. No batch.
// Prelude   alias StoredA.
@group(0) @binding(1) var<storage, read> a : array<StoredA>;

alias RowA = u32;
alias StepA = vec4u;
fn rowA(m : u32) -> RowA { return m * K; }
fn stepA(k : u32) -> StepA { return k + vec4u(0u, 1u, 2u, 3u); }
fn loadA(row : RowA, step : StepA) -> vec4f {
  let at = row + min(step, vec4u(K - 1u));
  return select(vec4f(), vec4f(vec4<StoredA>(a[at.x], a[at.y], a[at.z], a[at.w])), step < vec4u(K));
}
