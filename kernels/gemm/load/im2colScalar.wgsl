// Part: im2col by index for any number of channels: like im2col.wgsl, but by four loads.
//
// Four consecutive values may belong to different taps: those of three-channel images do.
// Interface  pixelOf, tapOf and sample, of which implicitGemm.ts makes a loader of A with pixels or with taps as rows,
//            see ../README.md.
// Prelude   as im2col.wgsl, and TAP_COUNT = taps · CHANNELS, past which values are zero; alias StoredA = f32 or f16.
@group(0) @binding(1) var<storage, read> a : array<StoredA>;

struct Pixel { image : u32, row : i32, column : i32 }
struct Tap { row : vec4i, column : vec4i, channel : vec4u, valid : vec4<bool> }

fn pixelOf(index : u32) -> Pixel {
  let column = index % PIXELS_W;
  let row = (index / PIXELS_W) % PIXELS_H;
  let image = index / (PIXELS_W * PIXELS_H);
  let corner = origin();
  return Pixel(image * (SRC_H * SRC_W), i32(row) * STRIDE + corner.x, i32(column) * STRIDE + corner.y);
}

fn tapOf(index : u32) -> Tap {
  let all = index + vec4u(0u, 1u, 2u, 3u);
  let tap = all / CHANNELS;
  return Tap(DIRECTION * vec4i(tap / TAPS_W), DIRECTION * vec4i(tap % TAPS_W), all % CHANNELS, all < vec4u(TAP_COUNT));
}

fn sampleOne(pixel : Pixel, tapRow : i32, tapColumn : i32, channel : u32, valid : bool) -> f32 {
  let row = border(pixel.row + tapRow, i32(SRC_H));
  let column = border(pixel.column + tapColumn, i32(SRC_W));
  let inside = valid && u32(row) < SRC_H && u32(column) < SRC_W;
  let at = select(0u, (pixel.image + u32(row) * SRC_W + u32(column)) * CHANNELS + channel, inside);
  return select(0.0, f32(a[at]), inside);
}

fn sample(pixel : Pixel, tap : Tap) -> vec4f {
  return vec4f(
    sampleOne(pixel, tap.row.x, tap.column.x, tap.channel.x, tap.valid.x),
    sampleOne(pixel, tap.row.y, tap.column.y, tap.channel.y, tap.valid.y),
    sampleOne(pixel, tap.row.z, tap.column.z, tap.channel.z, tap.valid.z),
    sampleOne(pixel, tap.row.w, tap.column.w, tap.channel.w, tap.valid.w));
}
