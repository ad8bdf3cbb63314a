// Moves each image of a batch by whole pixels:
//   out[n, y, x] = in[n, y + shift[n, 0], x + shift[n, 1]], 0 where that lies outside
//
// The gradient is the same map with the opposite shift, so this kernel also computes gradients of every order. SIGN
// sets the direction.
// Layout    x, out [n, H, W, GROUPS] of S, shift [n, 2] as whole numbers in f32.
// Prelude   alias S (f32 or f16, or four channels of it), WG, H, W, GROUPS (channels / width of S), SIZE (elements of
//           out), SIGN (1 or -1).
// Dispatch  one thread per element of out.
@group(0) @binding(0) var<storage, read_write> out : array<S>;
@group(0) @binding(1) var<storage, read> x : array<S>;
@group(0) @binding(2) var<storage, read> shift : array<f32>;

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) groups : vec3u,
  @builtin(local_invocation_index) thread : u32,
) {
  let i = (group.y * groups.x + group.x) * WG + thread;
  if (i >= SIZE) {
    return;
  }
  let column = i32((i / GROUPS) % W);
  let row = i32((i / (GROUPS * W)) % H);
  let image = i / (GROUPS * W * H);
  let fromRow = row + SIGN * i32(shift[2u * image]);
  let fromColumn = column + SIGN * i32(shift[2u * image + 1u]);
  var value = S(0.0);
  // A negative index wraps to a u32 far past the end, so one comparison covers both sides.
  if (u32(fromRow) < H && u32(fromColumn) < W) {
    value = x[((image * H + u32(fromRow)) * W + u32(fromColumn)) * GROUPS + i % GROUPS];
  }
  out[i] = value;
}
