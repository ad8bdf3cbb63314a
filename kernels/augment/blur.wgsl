// Gaussian blur of each picture of a batch along one axis, with a width of its own:
//   out[n, i] = Σₖ w(k) · pictures[n, clamp(i + k)] / Σₖ w(k),   w(k) = exp(−k² / 2σ²),   k = −RADIUS … RADIUS
// where i counts pixels along the axis. Two launches, one for each axis, blur a picture.
//
// Positions past the border are clamped to it. A width of 0 leaves the picture as it is: σ is taken as at least 0.05,
// where w(±1) is 0 in f32.
// Layout    pictures, out [n, H, W, 3] f32; numbers [n, NUMBERS] f32 with σ in pixels at place SIGMA.
// Prelude   WG, H, W, PIXELS (of the whole batch), NUMBERS, SIGMA, RADIUS (i32), DOWN (along columns, else along rows).
// Dispatch  one thread per pixel.
@group(0) @binding(0) var<storage, read_write> out : array<f32>;
@group(0) @binding(1) var<storage, read> pictures : array<f32>;
@group(0) @binding(2) var<storage, read> numbers : array<f32>;

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
  let sigma = max(numbers[(pixel / (W * H)) * NUMBERS + SIGMA], 0.05);
  let fall = 0.5 / (sigma * sigma);
  let stride = select(1u, W, DOWN);
  let last = i32(select(W, H, DOWN)) - 1;
  let place = i32(select(pixel % W, (pixel / W) % H, DOWN));
  let first = pixel - u32(place) * stride;
  var sum = vec3f(0.0);
  var weights = 0.0;
  for (var k = -RADIUS; k <= RADIUS; k++) {
    let at = 3u * (first + u32(clamp(place + k, 0, last)) * stride);
    let weight = exp(-fall * f32(k * k));
    sum += weight * vec3f(pictures[at], pictures[at + 1u], pictures[at + 2u]);
    weights += weight;
  }
  let mean = sum / weights;
  for (var c = 0u; c < 3u; c++) {
    out[3u * pixel + c] = mean[c];
  }
}
