// Pads an image:  y[n, r, c, ch] = x[n, border(r − P), border(c − P), ch], or 0 where that lies outside
//
// Layout    x [N, H, W, C], y [N, H + 2P, W + 2P, C], both as S = f32 or f16, or as vectors of four.
// Why       a thread takes several S, because one thread per f16 reached only 0.4 TB/s on an H200 (64 channels at
//           224x224).
// Prelude   alias S; WG, H, W, P, GROUPS = number of S in a pixel, PER_THREAD, THREADS = GROUPS / PER_THREAD, SIZE
//           (threads), fn border(at : i32, extent : i32) -> i32.
// Dispatch  THREADS threads per pixel of y, each for every THREADS-th S of it: so PER_THREAD loads are in flight, and
//           indices are computed once.
@group(0) @binding(0) var<storage, read_write> y : array<S>;
@group(0) @binding(1) var<storage, read> x : array<S>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u, @builtin(local_invocation_index) thread : u32) {
  let i = (group.y * groups.x + group.x) * WG + thread;
  if (i >= SIZE) {
    return;
  }
  let channel = i % THREADS;
  let pixel = i / THREADS;
  let column = u32(border(i32(pixel % (W + 2u * P)) - i32(P), i32(W)));
  let row = u32(border(i32((pixel / (W + 2u * P)) % (H + 2u * P)) - i32(P), i32(H)));
  let image = pixel / ((W + 2u * P) * (H + 2u * P));
  var values : array<S, PER_THREAD>;
  if (row < H && column < W) { // as u32, negative coordinates are large ones
    let source = ((image * H + row) * W + column) * GROUPS + channel;
    for (var k = 0u; k < PER_THREAD; k++) {
      values[k] = x[source + k * THREADS];
    }
  }
  for (var k = 0u; k < PER_THREAD; k++) {
    y[pixel * GROUPS + channel + k * THREADS] = values[k];
  }
}
