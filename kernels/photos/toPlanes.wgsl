// A film's frame with a changed picture: planes of 8 bits, one chroma sample for 2 x 2 pixels.
//
//   Y += LUMA_RANGE · ΔY',  Cb += CHROMA_RANGE · (ΔB − ΔY') / 2(1 − KB),  Cr += CHROMA_RANGE · (ΔR − ΔY') / 2(1 − KR)
//   ΔY' = KR·ΔR + (1 − KR − KB)·ΔG + KB·ΔB
//
// Δ is the difference of the changed picture from the one that fromPlanes made of the frame. What is added to the
// samples is the difference, so samples of pixels that did not change keep their bits, and the rounding of pictures to
// bytes never enters. A chroma sample changes by the mean of ¼, ½ and ¼ of the columns around it in both of its rows.
//
// Samples of 10 bits are rounded to 8, and a frame with more chroma samples is averaged in the same way. Odd sides are
// made even by repeating the last column and row, which H.264 asks for.
// Layout    planes: see planes.wgsl; before, after: packed pixels of the shown picture; out: all of luma, then of Cb,
//           then of Cr, rows of STRIDE, STRIDE / 2 and STRIDE / 2 bytes, HEIGHT rounded up to even of luma.
// Prelude   as fromPlanes.wgsl; STRIDE, a multiple of 8. Parts after: planes.
// Dispatch  (ceil(STRIDE / 64), ceil(HEIGHT / 16)), one thread per 8 x 2 luma samples.
@group(0) @binding(0) var<storage, read_write> out : array<u32>;
@group(0) @binding(1) var<storage, read> planes : array<u32>;
@group(0) @binding(2) var<storage, read> before : array<u32>;
@group(0) @binding(3) var<storage, read> after : array<u32>;

const ROWS = (HEIGHT + 1u) / 2u; // of chroma
const CB_AT = STRIDE * ROWS / 2u; // words of luma
const CR_AT = CB_AT + STRIDE * ROWS / 8u;

fn unpacked(pixel : u32) -> vec3f {
  return vec3f(f32(pixel & 255u), f32((pixel >> 8u) & 255u), f32((pixel >> 16u) & 255u));
}

/** What the picture changed by at a stored pixel, as (luma, Cb, Cr) of 8 bits. */
fn changeAt(position : vec2i) -> vec3f {
  let shown = shownOf(clamp(position, vec2i(0), STORED - 1));
  let index = shown.y * shownSize().x + shown.x;
  let change = (unpacked(after[index]) - unpacked(before[index])) / 255.0;
  let luma = dot(vec3f(KR, 1.0 - KR - KB, KB), change);
  let blue = (change.z - luma) / (2.0 * (1.0 - KB));
  let red = (change.x - luma) / (2.0 * (1.0 - KR));
  return vec3f(LUMA_RANGE * luma, CHROMA_RANGE * blue, CHROMA_RANGE * red);
}

/** The mean of ¼, ½ and ¼ of three columns. */
fn smoothed(left : vec2f, middle : vec2f, right : vec2f) -> vec2f {
  return 0.25 * left + 0.5 * middle + 0.25 * right;
}

/** The chroma of the frame at column `x` of the output, in a row of its chroma samples. */
fn chromaInRow(x : i32, row : i32) -> vec2f {
  if (SUB_X == 2u) {
    return chromaAt(vec2i(x, row));
  }
  return smoothed(chromaAt(vec2i(2 * x - 1, row)), chromaAt(vec2i(2 * x, row)), chromaAt(vec2i(2 * x + 1, row)));
}

/** A chroma sample of the output. */
fn chromaOf(at : vec2i) -> vec2f {
  var old : vec2f;
  if (SUB_Y == 2u) {
    old = chromaInRow(at.x, at.y);
  } else {
    old = 0.5 * (chromaInRow(at.x, 2 * at.y) + chromaInRow(at.x, 2 * at.y + 1));
  }
  var change = vec2f(0.0);
  for (var row = 0; row < 2; row++) {
    let first = vec2i(2 * at.x, 2 * at.y + row);
    change += 0.5 * smoothed(changeAt(first - vec2i(1, 0)).yz, changeAt(first).yz, changeAt(first + vec2i(1, 0)).yz);
  }
  return old + change;
}

fn byteOf(value : f32) -> u32 {
  return u32(clamp(floor(value + 0.5), 0.0, 255.0));
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id : vec3u) {
  let first = vec2u(8u * id.x, 2u * id.y);
  if (first.x >= STRIDE || id.y >= ROWS) {
    return;
  }
  for (var row = 0u; row < 2u; row++) {
    for (var half = 0u; half < 2u; half++) {
      var word = 0u;
      for (var k = 0u; k < 4u; k++) {
        let at = vec2i(vec2u(first.x + 4u * half + k, first.y + row));
        word |= byteOf(lumaAt(at) + changeAt(at).x) << (8u * k);
      }
      out[((first.y + row) * STRIDE + first.x) / 4u + half] = word;
    }
  }
  var words = vec2u(0u);
  for (var k = 0u; k < 4u; k++) {
    let chroma = chromaOf(vec2i(vec2u(4u * id.x + k, id.y)));
    words |= vec2u(byteOf(chroma.x), byteOf(chroma.y)) << vec2u(8u * k);
  }
  out[CB_AT + id.y * STRIDE / 8u + id.x] = words.x;
  out[CR_AT + id.y * STRIDE / 8u + id.x] = words.y;
}
