// Adds the noise of a sensor to each picture of a batch:
//   out[n, y, x, c] = clamp(pictures[n, y, x, c] + σ[n] · g, 0, 1),   g of unit variance
//
// g is the sum of four uniform numbers less 2, times √3: each channel has its own call of Philox with the counter
// (pixel of the picture, channel, 0, 0) and the key (SEED[n], 0). So the noise of a picture depends on its seed alone.
// Layout    pictures, out [n, H, W, 3] f32; numbers [n, NUMBERS] f32 with σ at place NOISE and, behind it, a seed: a
//           whole number below 2²⁴.
// Prelude   WG, H, W, PIXELS (of the whole batch), NUMBERS, NOISE. Part before: random/philox.
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
  let first = (pixel / (W * H)) * NUMBERS + NOISE;
  let sigma = numbers[first];
  let key = vec2u(u32(numbers[first + 1u]), 0u);
  for (var c = 0u; c < 3u; c++) {
    let at = 3u * pixel + c;
    if (sigma == 0.0) {
      out[at] = pictures[at];
      continue;
    }
    let draws = unitFloat(philox(vec4u(pixel % (W * H), c, 0u, 0u), key));
    let noise = (dot(draws, vec4f(1.0)) - 2.0) * 1.7320508;
    out[at] = clamp(pictures[at] + sigma * noise, 0.0, 1.0);
  }
}
