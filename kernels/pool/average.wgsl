// Mean over windows:  out[n, v, u, c] = Σ image over the window / count
//
// If COUNT_PADDING is set, count is KERNEL²; otherwise it is the number of the window's pixels inside the image.
// Layout    image [n, H, W, C], out [n, OUT_H, OUT_W, C], both as S: f32 or f16, or four channels of it.
// Prelude   alias S, and V the same in f32; COUNT_PADDING : bool; window.wgsl, count.wgsl and their constants.
// Dispatch  one thread per V of out.
@group(0) @binding(0) var<storage, read_write> out : array<S>;
@group(0) @binding(1) var<storage, read> image : array<S>;

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) groups : vec3u,
  @builtin(local_invocation_index) thread : u32,
) {
  let at = (group.y * groups.x + group.x) * WG + thread;
  if (at >= BATCH * OUT_H * OUT_W * GROUPS) {
    return;
  }
  let p = placeOf(at, OUT_W, OUT_H);
  let rows = covered(p.y, H);
  let columns = covered(p.x, W);
  var sum = V(0.0);
  for (var y = rows.x; y < rows.y; y++) {
    for (var x = columns.x; x < columns.y; x++) {
      sum += V(image[((p.n * H + y) * W + x) * GROUPS + p.c]);
    }
  }
  out[at] = S(sum / (counted(p.y, H) * counted(p.x, W)));
}
