// Normalises, scales, shifts and finishes in one pass:  out = finish((x − mean) / √(var + EPS) · scale + shift)
//
// Serves instance norm (scale 1, shift 0), AdaIN (scale 1 + γ, shift β, per sample) and batch norm (per channel, with
// OUTER = 1). `finish` applies the activation or adds the residual, so that neither costs a pass of its own.
// Layout    x, out [OUTER, ROWS, C] stored as S. V = vec4f or f32.
// Prelude   alias V, S; rows.wgsl with its constants; readStats.wgsl; PER_THREAD, rows of a thread;
//           fn scaleAt(outer, c) -> V, fn shiftAt(outer, c) -> V, fn addendAt(i) -> S and
//           fn finish(v : V, addend : V) -> V, with their bindings from 3 on.
// Dispatch  one thread per (o, chunk, channel group): it keeps its channels' constants in registers over PER_THREAD
//           rows.
@group(0) @binding(0) var<storage, read_write> out : array<S>;
@group(0) @binding(1) var<storage, read> x : array<S>;

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) groups : vec3u,
  @builtin(local_invocation_index) thread : u32,
) {
  let rows = rowsIn(arrayLength(&x));
  let chunks = (rows + PER_THREAD - 1u) / PER_THREAD;
  if (idle(group, groups, thread, chunks)) {
    return;
  }
  let share = shareOf(group, groups, thread, chunks);
  let channel = readStats(share.outer, share.c);
  let factor = scaleAt(share.outer, share.c);
  let scale = factor * channel.rstd;
  let shift = shiftAt(share.outer, share.c) + factor * channel.offset;
  var i = (share.outer * rows + share.chunk) * GROUPS + share.c;
  for (var r = share.chunk; r < rows; r += chunks) {
    out[i] = S(finish((V(x[i]) - channel.pivot) * scale + shift, V(addendAt(i))));
    i += chunks * GROUPS;
  }
}
