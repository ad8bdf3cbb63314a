// Convolution to at most four channels on subgroup matrices:  y[p, n] = Σ over (tap, ci) of x[p ⊕ tap, ci] · w[tap, ci,
// n]
//
// Operands are f16, sums f32.
// Why       im2col would load each pixel once per tap, 49 times for a 7x7 kernel, and with so few channels loads are
//           most of the work. Here a workgroup loads each pixel once.
// Tile      16 x 16 pixels of one image. Each of the SUBGROUPS subgroups computes ROWS of its rows; a row is one square
//           of 16 pixels x 16 channels, of which N are used.
// Staging   for 16 input channels at a time: the window of pixels that the tile reads, with its border, and the weights
//           of all taps, with zeros for channels past N. The left operand of a tap is 16 neighbours in a row of the
//           window, which begins elsewhere for each tap. A pixel is padded by eight f16, so that the rows that a
//           subgroup reads together lie on different banks.
// Epilogue  as in gemm/matrix.wgsl the sums pass through workgroup memory.
// Layout    x [BATCH, SRC_H, SRC_W, CHANNELS], w [KERNEL_H, KERNEL_W, CHANNELS, N], y [BATCH, OUT_H, OUT_W, N].
// Needs     the features subgroups and chromium_experimental_subgroup_matrix, subgroups of one size; stride 1.
// Prelude   CHANNELS (a multiple of 16), N <= 4, ROWS_OF_C = BATCH · OUT_H · OUT_W, KERNEL_H, KERNEL_W, SRC_H, SRC_W,
//           OUT_H, OUT_W, BATCH, PAD : i32, SUBGROUPS, ROWS = 16 / SUBGROUPS, THREADS = SUBGROUPS · subgroup size,
//           TILES_H = ⌈OUT_H / 16⌉ and TILES_W alike; fn border(at : i32, extent : i32) -> i32; an epilogue
//           (gemm/README.md).
// Dispatch  x·y >= BATCH · TILES_H · TILES_W.
@group(0) @binding(1) var<storage, read> x : array<vec4u>; // eight f16 each
@group(0) @binding(2) var<storage, read> w : array<f16>;

const WINDOW_H = 15u + KERNEL_H;
const WINDOW_W = 15u + KERNEL_W;
const TAPS = KERNEL_H * KERNEL_W;
const PITCH = 3u; // of a pixel: two vec4u of channels, one of padding
const SLAB = 16u * 5u; // of a subgroup's sums: 16 f32 and four of padding per pixel

alias Left = subgroup_matrix_left<f16, 16, 16>;
alias Right = subgroup_matrix_right<f16, 16, 16>;
alias Sums = subgroup_matrix_result<f32, 16, 16>;

var<workgroup> window : array<vec4u, max(WINDOW_H * WINDOW_W * PITCH, SUBGROUPS * SLAB)>;
var<workgroup> weights : array<vec4u, TAPS * 32u>; // [tap, channel in, channel out]

fn pixels(image : u32, row : u32, column : u32, channels : u32) -> vec4u {
  let r = border(i32(row) - PAD, i32(SRC_H));
  let c = border(i32(column) - PAD, i32(SRC_W));
  var value = vec4u();
  if (row < OUT_H + KERNEL_H - 1u && column < OUT_W + KERNEL_W - 1u && u32(r) < SRC_H && u32(c) < SRC_W) {
    value = x[((image * SRC_H + u32(r)) * SRC_W + u32(c)) * (CHANNELS / 8u) + channels];
  }
  return value;
}

fn weight(tap : u32, channel : u32, n : u32) -> f16 {
  return select(f16(0.0), w[(tap * CHANNELS + channel) * N + min(n, N - 1u)], n < N);
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u, @builtin(local_invocation_index) thread : u32,
        @builtin(subgroup_id) subgroup : u32) {
  let tile = group.y * groups.x + group.x;
  if (tile >= BATCH * TILES_H * TILES_W) {
    return;
  }
  let image = tile / (TILES_H * TILES_W);
  let row0 = ((tile / TILES_W) % TILES_H) * 16u;
  let column0 = (tile % TILES_W) * 16u;
  var sums : array<Sums, ROWS>;
  for (var block = 0u; block < CHANNELS / 16u; block++) {
    for (var at = thread; at < WINDOW_H * WINDOW_W * 2u; at += THREADS) {
      let pixel = at / 2u;
      window[pixel * PITCH + at % 2u] = pixels(image, row0 + pixel / WINDOW_W, column0 + pixel % WINDOW_W, block * 2u + at % 2u);
    }
    for (var at = thread; at < TAPS * 16u; at += THREADS) {
      let tap = at / 16u;
      let channel = block * 16u + at % 16u;
      let four = vec4<f16>(weight(tap, channel, 0u), weight(tap, channel, 1u), weight(tap, channel, 2u), weight(tap, channel, 3u));
      weights[2u * at] = vec4u(bitcast<vec2u>(four), 0u, 0u);
      weights[2u * at + 1u] = vec4u();
    }
    workgroupBarrier();
    for (var tapRow = 0u; tapRow < KERNEL_H; tapRow++) {
      let first = (subgroup * ROWS + tapRow) * WINDOW_W;
      for (var tapColumn = 0u; tapColumn < KERNEL_W; tapColumn++) { // unrolled
        let right = subgroupMatrixLoad<Right, row_major>(&weights, (tapRow * KERNEL_W + tapColumn) * 32u, 2u);
        for (var i = 0u; i < ROWS; i++) { // unrolled
          let left = subgroupMatrixLoad<Left, row_major>(&window, (first + i * WINDOW_W + tapColumn) * PITCH, PITCH);
          sums[i] = subgroupMatrixMultiplyAccumulate(left, right, sums[i]);
        }
      }
    }
    workgroupBarrier();
  }

  for (var i = 0u; i < ROWS; i++) { // unrolled
    subgroupMatrixStore<row_major>(&window, subgroup * SLAB, sums[i], 5u);
    workgroupBarrier();
    for (var at = thread; at < SUBGROUPS * 16u; at += THREADS) {
      let row = row0 + (at / 16u) * ROWS + i;
      let column = column0 + at % 16u;
      if (row < OUT_H && column < OUT_W) {
        store(0u, (image * OUT_H + row) * OUT_W + column, 0u, bitcast<vec4f>(window[(at / 16u) * SLAB + (at % 16u) * 5u]));
      }
    }
    workgroupBarrier();
  }
}
