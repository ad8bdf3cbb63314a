// Square crops of pictures, each by a similarity transform of its own.
//
//   out[n, y, x] = mean over F x F samples of picture(placement n (x + (i + ½)/F, y + (j + ½)/F)) / 255
//
// A sample is bilinear between the centres of pixels. F is 1, or with AREA the whole number next to the pixels of the
// picture that lie along one pixel of the crop, so that shrinking averages all of them. With INDEX positions name
// pixels instead of corners: pixel x of the crop shows pixel p(x) of the picture, and no sample reaches beyond the last
// pixel that belongs to the crop. That is TensorFlow's resize without half-pixel centres, which is made for crops that
// are not turned.
// Layout    pixels, frame: see pixels.wgsl for crops of one picture, stackedPixels.wgsl for crops of several;
//           placements: see placement.wgsl; out [n, SIZE, SIZE, 3] f32 in [0, 1].
// Prelude   SIZE, AREA, INDEX. Parts after: pixels or stackedPixels, placement.
// Dispatch  (ceil(SIZE / 8), ceil(SIZE / 8), crops), one thread per pixel of a crop.
@group(0) @binding(0) var<storage, read_write> out : array<f32>;
@group(0) @binding(1) var<storage, read> pixels : array<u32>;
@group(0) @binding(2) var<storage, read> frame : Window;
@group(0) @binding(3) var<storage, read> placements : array<vec2f>;

const HALF = 0.5 * f32(SIZE);

/** The picture between the centres of its pixels; index (0, 0) is the centre of the anchor, and `last` is in it. */
fn bilinear(index : vec2f, anchor : vec2i, last : vec2i) -> vec3f {
  let low = floor(index);
  let t = index - low;
  let p = anchor + vec2i(low);
  let q = min(p + 1, last);
  let upper = mix(colourAt(p), colourAt(vec2i(q.x, p.y)), t.x);
  let lower = mix(colourAt(vec2i(p.x, q.y)), colourAt(q), t.x);
  return mix(upper, lower, t.y);
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id : vec3u) {
  if (id.x >= SIZE || id.y >= SIZE) {
    return;
  }
  show(id.z);
  let place = placementOf(id.z);
  var sum = vec3f(0.0);
  var samples = 0u;
  if (!isEmpty(place)) {
    samples = 1u;
    if (AREA) {
      samples = max(1u, u32(floor(length(place.axis) + 0.5)));
    }
    let corner = vec2f(id.xy) - HALF;
    var last = vec2i(0x7fffffff);
    if (INDEX) {
      last = place.anchor + vec2i(floor(toPicture(place, vec2f(HALF)) + 0.5)) - 1;
    }
    for (var k = 0u; k < samples * samples; k++) {
      if (INDEX) {
        sum += bilinear(toPicture(place, corner), place.anchor, last);
      } else {
        let v = corner + (vec2f(vec2u(k % samples, k / samples)) + 0.5) / f32(samples);
        sum += bilinear(toPicture(place, v) - 0.5, place.anchor, last);
      }
    }
  }
  let colour = sum / (255.0 * f32(max(1u, samples * samples)));
  let at = 3u * ((id.z * SIZE + id.y) * SIZE + id.x);
  out[at] = colour.x;
  out[at + 1u] = colour.y;
  out[at + 2u] = colour.z;
}
