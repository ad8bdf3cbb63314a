// Bilinear resampling to twice the height and width, half-pixel centres. The outputs (2i − 1, 2i) x (2j − 1, 2j) mix
// the same four pixels, so one thread computes them from four loads:
//   out[2i − 1] = ¾ · x[i − 1] + ¼ · x[i]        out[2i] = ¼ · x[i − 1] + ¾ · x[i]
//   on both axes, with x[−1] = x[0] and x[H] = x[H − 1]
//
// forward.wgsl loads and converts four values for every output; this kernel does so for every four outputs.
// Layout    x [N, H, W, C], out [N, 2H, 2W, C]; S = f32 or f16, or four channels of it, GROUPS = C / width of S.
// Prelude   alias S, and V the same in f32; WG, BATCH, H, W, GROUPS.
// Dispatch  one thread per V of a block of four outputs, (H + 1) · (W + 1) blocks; those at the border lie half
//           outside.
@group(0) @binding(0) var<storage, read_write> out : array<S>;
@group(0) @binding(1) var<storage, read> x : array<S>;

/** Mixes ¾ of the near value with ¼ of the far one. */
fn towards(near : V, far : V) -> V {
  return 0.75 * near + 0.25 * far;
}

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) groups : vec3u,
  @builtin(local_invocation_index) thread : u32,
) {
  let index = (group.y * groups.x + group.x) * WG + thread;
  let block = index / GROUPS;
  let c = index % GROUPS;
  let j = block % (W + 1u);
  let i = (block / (W + 1u)) % (H + 1u);
  let n = block / ((W + 1u) * (H + 1u));
  if (n >= BATCH) {
    return;
  }
  let above = (n * H + max(i, 1u) - 1u) * W;
  let below = (n * H + min(i, H - 1u)) * W;
  let left = max(j, 1u) - 1u;
  let right = min(j, W - 1u);
  let x00 = V(x[(above + left) * GROUPS + c]);
  let x01 = V(x[(above + right) * GROUPS + c]);
  let x10 = V(x[(below + left) * GROUPS + c]);
  let x11 = V(x[(below + right) * GROUPS + c]);
  let upperLeft = towards(x00, x01);
  let upperRight = towards(x01, x00);
  let lowerLeft = towards(x10, x11);
  let lowerRight = towards(x11, x10);
  let at = (((2u * n * H + 2u * i) * 2u * W) + 2u * j) * GROUPS + c; // the index of output (2i, 2j)
  if (i > 0u && j > 0u) {
    out[at - (2u * W + 1u) * GROUPS] = S(towards(upperLeft, lowerLeft));
  }
  if (i > 0u && j < W) {
    out[at - 2u * W * GROUPS] = S(towards(upperRight, lowerRight));
  }
  if (i < H && j > 0u) {
    out[at - GROUPS] = S(towards(lowerLeft, upperLeft));
  }
  if (i < H && j < W) {
    out[at] = S(towards(lowerRight, upperRight));
  }
}
