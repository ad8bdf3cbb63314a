// Normalises, scales, shifts and finishes in one pass:  out = finish((x − mean) / √(var + EPS) · scale + shift)
//
// Serves instance norm (scale 1, shift 0), AdaIN (scale 1 + γ, shift β per sample) and batch norm (per channel, OUTER = 1); `finish` holds an
// activation or the residual, so that neither costs another pass over the image.
// Layout    x, out [OUTER, ROWS, C] stored as S. V = vec4f or f32.
// Prelude   alias V, S; rows.wgsl with its constants; known.wgsl; PER_THREAD; fn scaleAt(outer, c) -> V, fn shiftAt(outer, c) -> V, fn addendAt(i) -> S,
//           fn finish(v : V, addend : V) -> V, with their bindings from 3 on.
// Dispatch  one invocation per (o, chunk, channel group): the channel's constants stay in registers over PER_THREAD rows.
@group(0) @binding(0) var<storage, read_write> out : array<S>;
@group(0) @binding(1) var<storage, read> x : array<S>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u, @builtin(local_invocation_index) lane : u32) {
  let rows = rowsIn(arrayLength(&x));
  let chunks = (rows + PER_THREAD - 1u) / PER_THREAD;
  if (idle(group, groups, lane, chunks)) {
    return;
  }
  let share = shareOf(group, groups, lane, chunks);
  let known = knownOf(share.outer, share.c);
  let factor = scaleAt(share.outer, share.c);
  let scale = factor * known.rstd;
  let shift = shiftAt(share.outer, share.c) + factor * known.offset;
  var i = (share.outer * rows + share.chunk) * GROUPS + share.c;
  for (var r = share.chunk; r < rows; r += chunks) {
    out[i] = S(finish((V(x[i]) - known.pivot) * scale + shift, V(addendAt(i))));
    i += chunks * GROUPS;
  }
}
