// The picture that a film's frame shows, from its planes of luma and colour differences.
//
//   Y' = (Y − BLACK) / LUMA_RANGE,  Cb, Cr = (C − 128) / CHROMA_RANGE
//   R = Y' + 2(1 − KR)·Cr,  B = Y' + 2(1 − KB)·Cb,  G = (Y' − KR·R − KB·B) / (1 − KR − KB)
//
// (ITU-R BT.601, BT.709 and BT.2020 differ in KR and KB alone.) Where there is one chroma sample for two columns it
// belongs to the left one, and between two rows to their middle, which is where H.264, HEVC, VP9 and AV1 put it unless
// they say otherwise; between chroma samples the colour is interpolated. The picture is turned as it is shown.
// Layout    planes: see planes.wgsl; out: packed pixels of the shown picture, row after row, alpha 255.
// Prelude   as planes.wgsl; BLACK, LUMA_RANGE, CHROMA_RANGE in steps of 8 bits; KR, KB. Parts after: planes.
// Dispatch  (ceil(width / 16), ceil(height / 16)) of the shown picture, one thread per pixel.
@group(0) @binding(0) var<storage, read_write> out : array<u32>;
@group(0) @binding(1) var<storage, read> planes : array<u32>;

/** Both colour differences at a luma sample, in a row of chroma samples. */
fn chromaInRow(x : i32, row : i32) -> vec2f {
  if (SUB_X == 1u) {
    return chromaAt(vec2i(x, row));
  }
  return 0.5 * (chromaAt(vec2i(x / 2, row)) + chromaAt(vec2i((x + 1) / 2, row)));
}

fn chromaOf(at : vec2i) -> vec2f {
  if (SUB_Y == 1u) {
    return chromaInRow(at.x, at.y);
  }
  let near = at.y / 2;
  let far = select(near - 1, near + 1, at.y % 2 == 1);
  return 0.75 * chromaInRow(at.x, near) + 0.25 * chromaInRow(at.x, far);
}

@compute @workgroup_size(16, 16)
fn main(@builtin(global_invocation_id) id : vec3u) {
  let size = shownSize();
  let shown = vec2i(id.xy);
  if (any(shown >= size)) {
    return;
  }
  let at = stored(shown);
  let luma = (lumaAt(at) - BLACK) / LUMA_RANGE;
  let chroma = (chromaOf(at) - 128.0) / CHROMA_RANGE;
  let red = luma + 2.0 * (1.0 - KR) * chroma.y;
  let blue = luma + 2.0 * (1.0 - KB) * chroma.x;
  let green = (luma - KR * red - KB * blue) / (1.0 - KR - KB);
  let bytes = vec3u(floor(255.0 * saturate(vec3f(red, green, blue)) + 0.5));
  out[shown.y * size.x + shown.x] = bytes.x | (bytes.y << 8u) | (bytes.z << 16u) | 0xff000000u;
}
