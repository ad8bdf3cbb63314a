// Adjoint of gatherRows.wgsl:  out[r, c] = Σ rows[i, c] over the i with index[i] = r
//
// An index past the end of the result makes the whole result NaN, because a kernel cannot raise an error and leaving
// its row out would silently change the sums.
// Each thread looks through all indices instead of adding atomically. This fixes the order of the sum, and it is cheap
// because batches are small.
// Layout    rows [COUNT, INNER], index [COUNT] as u32, out [SIZE / INNER, INNER].
// Prelude   alias S (f32 or f16; sums are f32); WG, SIZE (elements of out), COUNT, ROWS, INNER.
// Dispatch  one thread per element of out.
@group(0) @binding(0) var<storage, read_write> out : array<S>;
@group(0) @binding(1) var<storage, read> rows : array<S>;
@group(0) @binding(2) var<storage, read> index : array<u32>;

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) groups : vec3u,
  @builtin(local_invocation_index) thread : u32,
) {
  let at = (group.y * groups.x + group.x) * WG + thread;
  if (at >= SIZE) {
    return;
  }
  let row = at / INNER;
  var sum = 0.0;
  for (var i = 0u; i < COUNT; i++) {
    if (index[i] >= ROWS) {
      sum = bitcast<f32>(max(index[i], 0xffffffffu)); // NaN, and further additions keep it
    }
    if (index[i] == row) {
      sum += f32(rows[i * INNER + at % INNER]);
    }
  }
  out[at] = S(sum);
}
