// Resampling without antialiasing:
//   out[n, y, x, c] = Σ over taps (ky, kx) of weight(ky) · weight(kx) · image[n, row(ky), column(kx), c]
//
// Layout    NHWC; S = f32 or f16, or four channels of it, GROUPS = C / width of S.
// Prelude   alias S, and V the same in f32; WG, BATCH, GROUPS, THREADS per pixel; the parts source.wgsl, with its
//           constants, wide.wgsl and weight*.wgsl.
// Dispatch  THREADS threads per output pixel, each takes every THREADS-th channel group, so that they share the pixel's
//           positions.
@group(0) @binding(0) var<storage, read_write> out : array<S>;
@group(0) @binding(1) var<storage, read> image : array<S>;

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) groups : vec3u,
  @builtin(local_invocation_index) thread : u32,
) {
  let index = (group.y * groups.x + group.x) * WG + thread;
  if (index >= BATCH * Y_OUT * X_OUT * THREADS) {
    return;
  }
  let pixel = index / THREADS;
  let row = pixel / X_OUT;
  let column = positionOf(X_AXIS, pixel % X_OUT);
  let line = positionOf(Y_AXIS, row % Y_OUT);
  let sample = (row / Y_OUT) * Y_IN;
  for (var c = index % THREADS; c < GROUPS; c += THREADS) {
    var sum = V(0.0);
    for (var ky = 0; ky < TAPS; ky++) {
      let base = (sample + sampleIndex(Y_AXIS, line.first, ky)) * X_IN;
      var across = V(0.0);
      for (var kx = 0; kx < TAPS; kx++) {
        across += weight(kx, column.t) * V(image[(base + sampleIndex(X_AXIS, column.first, kx)) * GROUPS + c]);
      }
      sum += weight(ky, line.t) * across;
    }
    out[pixel * GROUPS + c] = S(sum);
  }
}
