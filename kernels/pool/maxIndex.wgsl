// Where each window's maximum lies:
//   index[n, v, u, c] = ky · KERNEL + kx of the first largest element, row by row as in PyTorch
//
// maxTake.wgsl then gathers the values, and maxPut.wgsl computes the gradient. With fixed positions max pooling is a
// linear map, so both need only the indices.
// Layout    image [n, H, W, C] as S (f32 or f16, or four channels of it), index [n, OUT_H, OUT_W, C] as I (vec4u or
//           u32).
// Prelude   alias S, and V the same in f32; alias I; window.wgsl and its constants.
// Dispatch  one thread per V of the output.
const NONE = 0xffffffffu;

@group(0) @binding(0) var<storage, read_write> index : array<I>;
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
  var best = V(-3.4028234e38);
  var winner = I(NONE); // NONE makes the first pixel win whatever its value is
  for (var ky = 0u; ky < KERNEL; ky++) {
    let y = p.y * STRIDE + ky;
    if (y < PAD || y - PAD >= H) {
      continue;
    }
    for (var kx = 0u; kx < KERNEL; kx++) {
      let x = p.x * STRIDE + kx;
      if (x < PAD || x - PAD >= W) {
        continue;
      }
      let value = V(image[((p.n * H + y - PAD) * W + x - PAD) * GROUPS + p.c]);
      // NaN wins against every number, as in PyTorch. It is told by its bits, because compilers may assume no NaN.
      let odd = (bitcast<I>(value) & I(0x7fffffffu)) > I(0x7f800000u);
      let better = (value > best) | odd | (winner == I(NONE));
      best = select(best, value, better);
      winner = select(winner, I(ky * KERNEL + kx), better);
    }
  }
  index[at] = winner;
}
