// Part: im2col by index: the values of an image for (pixel, tap, channel … channel + WIDTH_A - 1). Needs CHANNELS %
// WIDTH_A == 0.
//
//   source row = pixel row · STRIDE + origin row + DIRECTION · tap row,   columns alike
//
// The matrix of im2col is never stored. The forward pass and the weight gradient read x: STRIDE is the stride, the
// origin −padding, DIRECTION 1. The input gradient reads dy through the transposed window: STRIDE 1, DIRECTION −1. It
// takes one parity class of pixels (row mod stride, column mod stride) at a time, so that every tap meets a pixel of
// dy.
// Interface  pixelOf, tapOf and sample, of which implicitGemm.ts makes a loader of A with pixels or with taps as rows,
//            see ../README.md.
// Layout    a [images, SRC_H, SRC_W, CHANNELS]; pixels run over (image, PIXELS_H, PIXELS_W), taps over (TAPS_H, TAPS_W,
//           CHANNELS).
// Prelude   SRC_H, SRC_W, CHANNELS, PIXELS_H, PIXELS_W, TAPS_W, STRIDE, DIRECTION : i32, fn origin() -> vec2i, fn
//           border(at : i32, extent : i32) -> i32; WIDTH_A, StoredA and LoadedA as in dense.wgsl.
@group(0) @binding(1) var<storage, read> a : array<StoredA>;

struct Pixel { image : u32, row : i32, column : i32 }
struct Tap { row : i32, column : i32, channel : u32 }

fn pixelOf(index : u32) -> Pixel {
  let column = index % PIXELS_W;
  let row = (index / PIXELS_W) % PIXELS_H;
  let image = index / (PIXELS_W * PIXELS_H);
  let corner = origin();
  return Pixel(image * (SRC_H * SRC_W), i32(row) * STRIDE + corner.x, i32(column) * STRIDE + corner.y);
}

fn tapOf(index : u32) -> Tap {
  let tap = index / CHANNELS;
  return Tap(DIRECTION * i32(tap / TAPS_W), DIRECTION * i32(tap % TAPS_W), (index % CHANNELS) / WIDTH_A);
}

// Where a pixel meets a tap: `at` counts loads of WIDTH_A values up to channel 0 of the source pixel.
struct Address { at : u32, inside : bool }

fn addressOf(pixel : Pixel, tap : Tap) -> Address {
  let row = border(pixel.row + tap.row, i32(SRC_H));
  let column = border(pixel.column + tap.column, i32(SRC_W));
  let inside = u32(row) < SRC_H && u32(column) < SRC_W;
  return Address(select(0u, (pixel.image + u32(row) * SRC_W + u32(column)) * (CHANNELS / WIDTH_A), inside), inside);
}

fn sample(pixel : Pixel, tap : Tap) -> LoadedA {
  let address = addressOf(pixel, tap);
  return select(LoadedA(), LoadedA(a[address.at + tap.channel]), address.inside);
}
