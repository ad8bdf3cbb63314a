// Gradient of max pooling:  dx[n, y, x, c] = Σ of dy[n, v, u, c] over the windows (v, u) whose maximum lies at (y, x)
//
// Each thread gathers from the windows that cover its pixel, so the order of the sum is fixed.
// Layout    dx [n, H, W, C] and dy [n, OUT_H, OUT_W, C] as S, index like dy as I.
// Prelude   alias S, and V the same in f32; alias I; window.wgsl and its constants.
// Dispatch  one thread per V of dx.
@group(0) @binding(0) var<storage, read_write> dx : array<S>;
@group(0) @binding(1) var<storage, read> dy : array<S>;
@group(0) @binding(2) var<storage, read> index : array<I>;

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
      let source = ((p.n * OUT_H + v) * OUT_W + u) * GROUPS + p.c;
      let here = (p.y + PAD - v * STRIDE) * KERNEL + p.x + PAD - u * STRIDE;
      sum += select(V(0.0), V(dy[source]), index[source] == I(here));
    }
  }
  dx[at] = S(sum);
}
