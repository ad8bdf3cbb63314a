// What a JPEG file of a chosen quality keeps of each picture of a batch: the losses of baseline JPEG with 4:2:0 chroma,
// without the lossless coding behind them. Pictures become YCbCr in levels 0 … 255, Cb and Cr are averaged over 2x2
// pixels, and each 8x8 block f becomes
//   F = round(B (f − 128) Bᵀ / q) · q,   f' = Bᵀ F B + 128
//   q = clamp(⌊(table · SCALE + 50) / 100⌋, 1, 255)
// with B the orthonormal DCT. SCALE is libjpeg's factor of the quality: 5000 / quality below 50, 200 − 2 · quality from
// there on. A picture whose SCALE is negative stays as it is.
//
// A workgroup holds one MCU of 16x16 pixels: four blocks of Y, one of Cb and one of Cr. Cosines are constants, because
// WGSL allows cos an error that would show after quantisation. A file decoded by libjpeg differs by its smoother
// enlargement of chroma and by its rounding in between.
// Layout    see batch.wgsl, with three channels in [0, 1]; the row of a picture has SCALE at place QUALITY. Pixels past
//           the right and lower border repeat it, as encoders do.
// Prelude   H, W, NUMBERS, QUALITY, ACROSS = ⌈W / 16⌉, DOWN = ⌈H / 16⌉, MCUS (of the whole batch). Part before: batch.
// Dispatch  one workgroup of 64 threads per MCU.
// Tables    ITU-T T.81, annex K, K.1 and K.2.

const BLOCKS = 6u; // Y of the four quarters, Cb, Cr

// B[u, x] at 8u + x.
const COSINES = array<f32, 64>(
  0.353553391, 0.353553391, 0.353553391, 0.353553391, 0.353553391, 0.353553391, 0.353553391, 0.353553391,
  0.490392640, 0.415734806, 0.277785117, 0.097545161, -0.097545161, -0.277785117, -0.415734806, -0.490392640,
  0.461939766, 0.191341716, -0.191341716, -0.461939766, -0.461939766, -0.191341716, 0.191341716, 0.461939766,
  0.415734806, -0.097545161, -0.490392640, -0.277785117, 0.277785117, 0.490392640, 0.097545161, -0.415734806,
  0.353553391, -0.353553391, -0.353553391, 0.353553391, 0.353553391, -0.353553391, -0.353553391, 0.353553391,
  0.277785117, -0.490392640, 0.097545161, 0.415734806, -0.415734806, -0.097545161, 0.490392640, -0.277785117,
  0.191341716, -0.461939766, 0.461939766, -0.191341716, -0.191341716, 0.461939766, -0.461939766, 0.191341716,
  0.097545161, -0.277785117, 0.415734806, -0.490392640, 0.490392640, -0.415734806, 0.277785117, -0.097545161,
);

// Quantisation of Y, then of Cb and Cr.
const TABLES = array<f32, 128>(
  16.0, 11.0, 10.0, 16.0, 24.0, 40.0, 51.0, 61.0, 12.0, 12.0, 14.0, 19.0, 26.0, 58.0, 60.0, 55.0,
  14.0, 13.0, 16.0, 24.0, 40.0, 57.0, 69.0, 56.0, 14.0, 17.0, 22.0, 29.0, 51.0, 87.0, 80.0, 62.0,
  18.0, 22.0, 37.0, 56.0, 68.0, 109.0, 103.0, 77.0, 24.0, 35.0, 55.0, 64.0, 81.0, 104.0, 113.0, 92.0,
  49.0, 64.0, 78.0, 87.0, 103.0, 121.0, 120.0, 101.0, 72.0, 92.0, 95.0, 98.0, 112.0, 100.0, 103.0, 99.0,
  17.0, 18.0, 24.0, 47.0, 99.0, 99.0, 99.0, 99.0, 18.0, 21.0, 26.0, 66.0, 99.0, 99.0, 99.0, 99.0,
  24.0, 26.0, 56.0, 99.0, 99.0, 99.0, 99.0, 99.0, 47.0, 66.0, 99.0, 99.0, 99.0, 99.0, 99.0, 99.0,
  99.0, 99.0, 99.0, 99.0, 99.0, 99.0, 99.0, 99.0, 99.0, 99.0, 99.0, 99.0, 99.0, 99.0, 99.0, 99.0,
  99.0, 99.0, 99.0, 99.0, 99.0, 99.0, 99.0, 99.0, 99.0, 99.0, 99.0, 99.0, 99.0, 99.0, 99.0, 99.0,
);

var<workgroup> planes : array<f32, 384>;
var<workgroup> halfway : array<f32, 384>;
var<workgroup> basis : array<f32, 64>;

/** Where the Y of pixel (x, y) of the MCU lies in `planes`. */
fn yPlace(x : u32, y : u32) -> u32 {
  return 64u * (2u * (y / 8u) + x / 8u) + 8u * (y % 8u) + x % 8u;
}

@compute @workgroup_size(64)
fn main(thread : Thread) {
  let mcu = groupOf(thread);
  let n = min(mcu / (ACROSS * DOWN), MCUS / (ACROSS * DOWN) - 1u);
  let left = 16u * (mcu % ACROSS);
  let top = 16u * ((mcu / ACROSS) % DOWN);
  let lane = thread.index;
  let u = lane / 8u;
  let v = lane % 8u;
  basis[lane] = COSINES[lane];

  // Each thread turns 2x2 pixels into four values of Y and one each of Cb and Cr, all around 0.
  var sum = vec3f(0.0);
  for (var k = 0u; k < 4u; k++) {
    let x = 2u * v + k % 2u;
    let y = 2u * u + k / 2u;
    let pixel = (n * H + min(top + y, H - 1u)) * W + min(left + x, W - 1u);
    let p = round(255.0 * clamp(colourAt(pixel), vec3f(0.0), vec3f(1.0)));
    planes[yPlace(x, y)] = dot(p, vec3f(0.299, 0.587, 0.114)) - 128.0;
    sum += p;
  }
  planes[256u + lane] = dot(sum, vec3f(-0.168735892, -0.331264108, 0.5)) / 4.0;
  planes[320u + lane] = dot(sum, vec3f(0.5, -0.418687589, -0.081312411)) / 4.0;
  workgroupBarrier();

  // halfway = B f, then F = halfway Bᵀ, quantised.
  for (var b = 0u; b < BLOCKS; b++) {
    var value = 0.0;
    for (var k = 0u; k < 8u; k++) {
      value += basis[8u * u + k] * planes[64u * b + 8u * k + v];
    }
    halfway[64u * b + lane] = value;
  }
  workgroupBarrier();
  let scale = numbers[n * NUMBERS + QUALITY];
  for (var b = 0u; b < BLOCKS; b++) {
    var value = 0.0;
    for (var k = 0u; k < 8u; k++) {
      value += halfway[64u * b + 8u * u + k] * basis[8u * v + k];
    }
    let table = TABLES[select(0u, 64u, b >= 4u) + lane];
    let step = clamp(floor((table * scale + 50.0) / 100.0), 1.0, 255.0);
    planes[64u * b + lane] = round(value / step) * step;
  }
  workgroupBarrier();

  // halfway = Bᵀ F, then f' = halfway B.
  for (var b = 0u; b < BLOCKS; b++) {
    var value = 0.0;
    for (var k = 0u; k < 8u; k++) {
      value += basis[8u * k + u] * planes[64u * b + 8u * k + v];
    }
    halfway[64u * b + lane] = value;
  }
  workgroupBarrier();
  for (var b = 0u; b < BLOCKS; b++) {
    var value = 0.0;
    for (var k = 0u; k < 8u; k++) {
      value += halfway[64u * b + 8u * u + k] * basis[8u * k + v];
    }
    planes[64u * b + lane] = value;
  }
  workgroupBarrier();

  let cb = planes[256u + lane];
  let cr = planes[320u + lane];
  let chroma = vec3f(1.402 * cr, -0.344136286 * cb - 0.714136286 * cr, 1.772 * cb) + 128.0;
  for (var k = 0u; k < 4u; k++) {
    let x = 2u * v + k % 2u;
    let y = 2u * u + k / 2u;
    if (mcu >= MCUS || left + x >= W || top + y >= H) {
      continue;
    }
    var p = clamp(round(planes[yPlace(x, y)] + chroma), vec3f(0.0), vec3f(255.0)) / 255.0;
    let pixel = (n * H + top + y) * W + left + x;
    if (scale < 0.0) {
      p = colourAt(pixel);
    }
    paint(pixel, p);
  }
}
