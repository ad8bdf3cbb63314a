// Mirrors and recolours each picture of a batch by numbers of its own:
//   out[n, y, x] = clamp(M[n] · p + b[n], 0, 1),   p = pictures[n, y, x], or [n, y, W − 1 − x] if mirrored[n] ≠ 0
//
// Brightness, contrast and saturation are affine in a pixel's three values, so one 3x4 matrix holds all of them.
// Layout    pictures, out [n, H, W, 3] f32; numbers [n, NUMBERS] f32 with the rows of (M | b), then mirrored, from
//           place COLOR on.
// Prelude   WG, H, W, PIXELS (of the whole batch), NUMBERS, COLOR.
// Dispatch  one thread per pixel.
@group(0) @binding(0) var<storage, read_write> out : array<f32>;
@group(0) @binding(1) var<storage, read> pictures : array<f32>;
@group(0) @binding(2) var<storage, read> numbers : array<f32>;

const MIRRORED = 12u; // places behind the beginning of the 3x4 matrix

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) groups : vec3u,
  @builtin(local_invocation_index) thread : u32,
) {
  let pixel = (group.y * groups.x + group.x) * WG + thread;
  if (pixel >= PIXELS) {
    return;
  }
  let x = pixel % W;
  let first = (pixel / (W * H)) * NUMBERS + COLOR;
  var origin = pixel;
  if (numbers[first + MIRRORED] != 0.0) {
    origin = pixel - x + (W - 1u - x);
  }
  let p = vec4f(pictures[3u * origin], pictures[3u * origin + 1u], pictures[3u * origin + 2u], 1.0);
  for (var c = 0u; c < 3u; c++) {
    let at = first + 4u * c;
    let row = vec4f(numbers[at], numbers[at + 1u], numbers[at + 2u], numbers[at + 3u]);
    out[3u * pixel + c] = clamp(dot(row, p), 0.0, 1.0);
  }
}
