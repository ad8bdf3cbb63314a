// Part: im2col by index: the value of a source image at (pixel, tap, channel … channel + WIDE_A - 1), never materialised. Needs
// CHANNELS % WIDE_A == 0.
//
//   source row = pixel row · STRIDE + origin row + DIRECTION · tap row,   columns alike
//
// Forward and weight gradient read x (STRIDE the stride, origin −padding, DIRECTION 1); the input gradient reads dy through the transposed
// window (STRIDE 1, DIRECTION −1), one parity class of pixels at a time, so that no tap falls between strides.
// Interface  that of a loader of A over pixelOf, tapOf and sample, see ../README.md: conv.ts says whether pixels or taps are rows.
// Prelude   SRC_H, SRC_W, CHANNELS, PIXELS_H, PIXELS_W, TAPS_W, STRIDE, DIRECTION : i32, fn origin() -> vec2i, fn border(at, extent); WIDE_A,
//           StoredA and LoadedA as dense.wgsl.
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
  return Tap(DIRECTION * i32(tap / TAPS_W), DIRECTION * i32(tap % TAPS_W), (index % CHANNELS) / WIDE_A);
}

// Where a pixel meets a tap: the first of its channels, in loads.
struct Place { at : u32, inside : bool }

fn placeOf(pixel : Pixel, tap : Tap) -> Place {
  let row = border(pixel.row + tap.row, i32(SRC_H));
  let column = border(pixel.column + tap.column, i32(SRC_W));
  let inside = u32(row) < SRC_H && u32(column) < SRC_W;
  return Place(select(0u, (pixel.image + u32(row) * SRC_W + u32(column)) * (CHANNELS / WIDE_A), inside), inside);
}

fn sample(pixel : Pixel, tap : Tap) -> LoadedA {
  let place = placeOf(pixel, tap);
  return select(LoadedA(), LoadedA(a[place.at + tap.channel]), place.inside);
}
