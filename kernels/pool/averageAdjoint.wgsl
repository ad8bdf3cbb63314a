// Gradient of average pooling:
//   dx[n, y, x, c] = Σ of dy[n, v, u, c] / count(v, u) over the windows (v, u) that cover (y, x)
//
// Layout    dx [n, H, W, C], dy [n, OUT_H, OUT_W, C], both as S: f32 or f16, or four channels of it.
// Prelude   alias S, and V the same in f32; COUNT_PADDING : bool; window.wgsl, count.wgsl and their constants.
// Dispatch  one thread per V of dx.
@group(0) @binding(0) var<storage, read_write> dx : array<S>;
@group(0) @binding(1) var<storage, read> dy : array<S>;

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) groups : vec3u,
  @builtin(local_invocation_index) thread : u32,
) {
  let at = (group.y * groups.x + group.x) * WG + thread;
  if (at >= BATCH * H * W * GROUPS) {
    return;
  }
  let p = placeOf(at, W, H);
  var sum = V(0.0);
  for (var v = firstWindow(p.y); v < endWindow(p.y, OUT_H); v++) {
    for (var u = firstWindow(p.x); u < endWindow(p.x, OUT_W); u++) {
      sum += V(dy[((p.n * OUT_H + v) * OUT_W + u) * GROUPS + p.c]) / (counted(v, H) * counted(u, W));
    }
  }
  dx[at] = S(sum);
}
