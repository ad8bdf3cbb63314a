// Sums over chunks of rows:
//   out[o, k, c] = FACTOR · fold(Σ load(i) over the elements i = (o, r, c) of the rows r of chunk k)
//
// `load` reads a tensor or computes an expression of several. A sum over all elements treats the tensor as rows of
// four; `fold` then adds the four components, and R is f32.
// Numerics  a thread adds SERIAL terms at a time and then adds those partial sums, so that no f32 sum has more than a
//           few hundred terms. The order is fixed.
// Layout    the summed tensor is [OUTER, ROWS, C]; out [OUTER, CHUNKS, C] of R, f32. V = vec4f (four channels) or f32.
// Prelude   alias V, R; norm/rows.wgsl or norm/blocks.wgsl with its constants, norm/rowsOf.wgsl; FACTOR : f32, SERIAL,
//           AT_ONCE = rows that a thread has in flight; fn count() -> u32, the length of the input's array; fn load(i :
//           u32) -> V with bindings from 1 on; fn fold(v : V) -> R.
// Dispatch  one thread per (o, k, channel group), or one workgroup per (o, k, block of groups).
@group(0) @binding(0) var<storage, read_write> out : array<R>;

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) groups : vec3u,
  @builtin(local_invocation_index) thread : u32,
) {
  let rows = rowsIn(count());
  let chunks = arrayLength(&out) / (OUTER * GROUPS);
  if (idle(group, groups, thread, chunks)) {
    return;
  }
  let share = shareOf(group, groups, thread, chunks);
  let base = share.outer * rows * GROUPS + share.c;
  let stride = chunks * WORKGROUP_ROWS;
  var sum = V(0.0);
  for (var first = share.chunk * WORKGROUP_ROWS + share.row; first < rows; first += SERIAL * stride) {
    var part = V(0.0);
    let end = min(rows, first + SERIAL * stride);
    for (var r = first; r < end; r += AT_ONCE * stride) {
      for (var k = 0u; k < AT_ONCE; k++) {
        part += select(V(0.0), load(base + min(r + k * stride, rows - 1u) * GROUPS), r + k * stride < end);
      }
    }
    sum += part;
  }
  let sums = total(sum, V(0.0), thread);
  if (share.row == 0u) {
    out[(share.outer * chunks + share.chunk) * GROUPS + share.c] = fold(sums[0]) * FACTOR;
  }
}
