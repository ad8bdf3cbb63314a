// Takes one element per window:
//   out[n, v, u, c] = image[n, v·STRIDE − PAD + ky, u·STRIDE − PAD + kx, c] with (ky, kx) = index[n, v, u, c]
//
// This kernel computes the values of max pooling, and the gradient of maxPut.wgsl.
// Layout    elements are scalars, because the four channels of a vector may come from different pixels; GROUPS = C.
// Prelude   alias S (f32 or f16); window.wgsl and its constants.
// Dispatch  one thread per element of out.
@group(0) @binding(0) var<storage, read_write> out : array<S>;
@group(0) @binding(1) var<storage, read> image : array<S>;
@group(0) @binding(2) var<storage, read> index : array<u32>;

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
  let y = p.y * STRIDE + index[at] / KERNEL - PAD;
  let x = p.x * STRIDE + index[at] % KERNEL - PAD;
  out[at] = image[((p.n * H + y) * W + x) * GROUPS + p.c];
}
