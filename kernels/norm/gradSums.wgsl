// The two sums that a norm's gradient needs, by chunks of rows:
//   out[o, k, 0, c] = Σ h · x̂        out[o, k, 1, c] = Σ h
//   with x̂ = (x − mean) / √(var + EPS), h = gate(dy, x̂ · scale + shift)
// Summed over k they are the gradients of scale and shift.
//
// Layout    x, dy [OUTER, ROWS, C] stored as S; out [OUTER, CHUNKS, 2, C]. V = vec4f or f32.
// Prelude   alias V, S; rows.wgsl or blocks.wgsl with its constants; readStats.wgsl; AT_ONCE as in moments.wgsl;
//           fn scaleAt, fn shiftAt as in apply.wgsl (bindings from 4 on); fn gate(dy : V, v : V) -> V, the gradient
//           through the activation of v.
// Dispatch  one thread per (o, k, channel group), or one workgroup per (o, k, block of groups).
@group(0) @binding(0) var<storage, read_write> out : array<V>;
@group(0) @binding(1) var<storage, read> x : array<S>;
@group(0) @binding(3) var<storage, read> dy : array<S>;

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) groups : vec3u,
  @builtin(local_invocation_index) thread : u32,
) {
  let rows = rowsIn(arrayLength(&x));
  let chunks = arrayLength(&out) / (OUTER * 2u * GROUPS);
  if (idle(group, groups, thread, chunks)) {
    return;
  }
  let share = shareOf(group, groups, thread, chunks);
  let channel = readStats(share.outer, share.c);
  let scale = scaleAt(share.outer, share.c);
  let shift = shiftAt(share.outer, share.c);
  var dScale = V(0.0);
  var dShift = V(0.0);
  let first = share.chunk * WORKGROUP_ROWS + share.row;
  let base = share.outer * rows * GROUPS + share.c;
  let stride = chunks * WORKGROUP_ROWS;
  var r = first;
  for (; r + (AT_ONCE - 1u) * stride < rows; r += AT_ONCE * stride) {
    var values : array<S, AT_ONCE>;
    var slopes : array<S, AT_ONCE>;
    for (var k = 0u; k < AT_ONCE; k++) { // unrolled
      values[k] = x[base + (r + k * stride) * GROUPS];
      slopes[k] = dy[base + (r + k * stride) * GROUPS];
    }
    for (var k = 0u; k < AT_ONCE; k++) { // unrolled
      let normal = normalOf(V(values[k]), channel);
      let h = gate(V(slopes[k]), normal * scale + shift);
      dScale += h * normal;
      dShift += h;
    }
  }
  for (; AT_ONCE > 1u && r < rows; r += stride) {
    let i = base + r * GROUPS;
    let normal = normalOf(V(x[i]), channel);
    let h = gate(V(dy[i]), normal * scale + shift);
    dScale += h * normal;
    dShift += h;
  }
  let sums = total(dScale, dShift, thread);
  if (share.row == 0u) {
    let to = (share.outer * chunks + share.chunk) * 2u * GROUPS + share.c;
    out[to] = sums[0];
    out[to + GROUPS] = sums[1];
  }
}
