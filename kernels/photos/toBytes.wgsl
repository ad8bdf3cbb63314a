// Square crops as packed bytes: a quarter of what the host would read of f32.
//
//   out = red + 2⁸ green + 2¹⁶ blue + 2²⁴ · 255,  each floor(255 · clamp(colour, 0, 1) + ½)
//
// Layout    crops [n, SIZE, SIZE, 3] f32; out [n, SIZE, SIZE] u32: the bytes red, green, blue, alpha, red the lowest.
// Prelude   SIZE.
// Dispatch  (ceil(SIZE / 8), ceil(SIZE / 8), crops), one thread per pixel of a crop.
@group(0) @binding(0) var<storage, read_write> out : array<u32>;
@group(0) @binding(1) var<storage, read> crops : array<f32>;

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id : vec3u) {
  if (id.x >= SIZE || id.y >= SIZE) {
    return;
  }
  let at = (id.z * SIZE + id.y) * SIZE + id.x;
  let colour = vec3f(crops[3u * at], crops[3u * at + 1u], crops[3u * at + 2u]);
  let bytes = vec3u(floor(255.0 * saturate(colour) + 0.5));
  out[at] = bytes.x | (bytes.y << 8u) | (bytes.z << 16u) | 0xff000000u;
}
