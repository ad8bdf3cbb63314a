// Transforms products back into pixels:  tile of image = finish(Aᵀ M A)
//
// A tile with a value that is not finite is computed again as the sum over nine taps. Its window had a value that is
// not finite, or one that would spoil its neighbours (poison.wgsl), and each pixel must depend on its own 3x3 window
// alone.
// Layout    products [IN², tiles, N]; image [n, H, W, N], over whose right and lower edge tiles hang if OUT does not
//           divide H or W; source [n, SRC_H, SRC_W, K], the image that inputTransform.wgsl read, with its ORIGIN and
//           border. The arithmetic is in f32.
// Prelude   alias S (vec4f or vec4<f16>, as all images and products are stored); separable.wgsl with OUT = side of a
//           tile; tap.wgsl with its constants; WG, H, W, TILES_H, TILES_W, TILES, SRC_H, SRC_W, ORIGIN : i32, fn
//           border(at : i32, extent : i32) -> i32, fn finish(row : u32, n : u32, sums : vec4f) -> vec4f as in
//           gemm/epilogue/store.wgsl, with pixels as rows.
// Dispatch  one thread per tile and four channels, channels fastest.
@group(0) @binding(0) var<storage, read_write> image : array<S>;
@group(0) @binding(1) var<storage, read> products : array<S>;
@group(0) @binding(2) var<storage, read> source : array<S>;
@group(0) @binding(3) var<storage, read> w : array<Weight>;

const GROUPS = N / 4u;

/**
 * The sum over taps and channels for one pixel. The number of channels comes from the length of `w`: drivers would
 * unroll a constant one.
 */
fn direct(first : u32, row : u32, column : u32, n : u32) -> vec4f {
  let channels = arrayLength(&w) / (9u * N * 4u);
  var sum = vec4f();
  for (var t = 0u; t < 9u; t++) {
    let y = border(i32(row + t / 3u) + ORIGIN, i32(SRC_H));
    let x = border(i32(column + t % 3u) + ORIGIN, i32(SRC_W));
    let inside = u32(y) < SRC_H && u32(x) < SRC_W;
    let at = select(0u, (first + u32(y) * SRC_W + u32(x)) * channels, inside);
    var part = vec4f();
    for (var k = 0u; k < channels; k++) {
      let v = select(vec4f(), vec4f(source[at + k]), inside);
      for (var j = 0u; j < 4u; j++) {
        part += v[j] * tap(t / 3u, t % 3u, 4u * k + j, n);
      }
    }
    sum += part;
  }
  return sum;
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u, @builtin(local_invocation_index) thread : u32) {
  let i = (group.y * groups.x + group.x) * WG + thread;
  if (i >= TILES * GROUPS) {
    return;
  }
  var m : Square;
  for (var r = 0u; r < IN; r++) {
    for (var c = 0u; c < IN; c++) {
      m[r][c] = vec4f(products[(r * IN + c) * (TILES * GROUPS) + i]);
    }
  }
  let y = transform(m);
  let channel = i % GROUPS;
  let tile = i / GROUPS;
  let row0 = ((tile / TILES_W) % TILES_H) * OUT;
  let column0 = (tile % TILES_W) * OUT;
  let sample = tile / (TILES_W * TILES_H);
  let first = sample * (H * W);
  var most = vec4u();
  for (var r = 0u; r < OUT; r++) {
    for (var c = 0u; c < OUT; c++) {
      most = max(most, bitcast<vec4u>(y[r][c]) & vec4u(0x7fffffffu));
      if (row0 + r < H && column0 + c < W) {
        let pixel = first + (row0 + r) * W + column0 + c;
        image[pixel * GROUPS + channel] = S(finish(pixel, 4u * channel, y[r][c]));
      }
    }
  }
  if (all(most < vec4u(0x7f800000u))) {
    return;
  }
  for (var p = 0u; p < min(OUT * OUT, arrayLength(&image)); p++) {
    let row = row0 + p / OUT;
    let column = column0 + p % OUT;
    if (row < H && column < W) {
      let pixel = first + row * W + column;
      image[pixel * GROUPS + channel] = S(finish(pixel, 4u * channel, direct(sample * (SRC_H * SRC_W), row, column, 4u * channel)));
    }
  }
}
