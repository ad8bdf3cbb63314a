// Rows by index:  out[i, c] = table[index[i], c]
//
// An index past the end of the table gives a row of NaN, for the reason that oneHot.wgsl states.
// Layout    table [ROWS, INNER], index [SIZE / INNER] as u32, out [SIZE / INNER, INNER].
// Prelude   alias S (f32 or f16); WG, SIZE (elements of out), ROWS, INNER.
// Dispatch  one thread per element of out.
@group(0) @binding(0) var<storage, read_write> out : array<S>;
@group(0) @binding(1) var<storage, read> table : array<S>;
@group(0) @binding(2) var<storage, read> index : array<u32>;

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) groups : vec3u,
  @builtin(local_invocation_index) thread : u32,
) {
  let i = (group.y * groups.x + group.x) * WG + thread;
  if (i >= SIZE) {
    return;
  }
  let row = index[i / INNER];
  if (row < ROWS) {
    out[i] = table[row * INNER + i % INNER];
  } else {
    out[i] = S(bitcast<f32>(max(row, 0xffffffffu)));
  }
}
