// Pastes changed crops back into the picture that they were cut from.
//
//   out(p) = picture(p) + Σ over faces m · (d − lost · (picture(p) − c))
//
// m, c, d and lost are the mask, the crop, its change and what change.wgsl says of detail, at the place of the pixel p,
// bilinear between the centres of the crop's pixels. What is added is a difference, not a crop: a crop that did not
// change adds nothing, and the blur of two resamplings never enters. picture − c is the detail that was too fine for
// the crop. It stays where the change is small, as pores and stubble should, and goes where the face became another,
// because edges of the old face over the new one would be ghosts. Where masks of several faces overlap, they share the
// pixel: their sum counts as 1 at most.
//
// A picture that shows the face smaller than the crop averages F x F places a pixel, F the whole number next to the
// crop's pixels along one of the picture. A pixel whose centre lies outside all crops, or that no mask reaches, keeps
// its bits; alpha is always kept. Layout pixels, frame: see pixels.wgsl; placements: see placement.wgsl; crops [n,
// SIZE, SIZE, 3] f32;
//           masks [n, SIZE, SIZE, 1] f32; changes [n, SIZE, SIZE] vec4f, see change.wgsl.
// Prelude   SIZE. Parts after: pixels, placement.
// Dispatch  (ceil(width / 16), ceil(height / 16)) of the window, one thread per pixel.
@group(0) @binding(0) var<storage, read_write> out : array<u32>;
@group(0) @binding(1) var<storage, read> pixels : array<u32>;
@group(0) @binding(2) var<storage, read> frame : Window;
@group(0) @binding(3) var<storage, read> placements : array<vec2f>;
@group(0) @binding(4) var<storage, read> crops : array<f32>;
@group(0) @binding(5) var<storage, read> masks : array<f32>;
@group(0) @binding(6) var<storage, read> changes : array<vec4f>;

/** Sums over taps, each weighted by the mask: of the mask itself, the crop, and what changes with what is lost. */
struct Sums {
  mask : f32,
  crop : vec3f,
  change : vec4f,
}

fn tap(face : u32, at : vec2i, weight : f32) -> Sums {
  if (any(at < vec2i(0)) || any(at >= vec2i(i32(SIZE)))) {
    return Sums();
  }
  let pixel = (face * SIZE + u32(at.y)) * SIZE + u32(at.x);
  let mask = weight * masks[pixel];
  if (mask == 0.0) {
    return Sums();
  }
  let crop = vec3f(crops[3u * pixel], crops[3u * pixel + 1u], crops[3u * pixel + 2u]);
  return Sums(mask, mask * crop, mask * changes[pixel]);
}

fn added(a : Sums, b : Sums) -> Sums {
  return Sums(a.mask + b.mask, a.crop + b.crop, a.change + b.change);
}

/** The four taps around a place of the crop, in which (0, 0) is the centre of the first pixel. */
fn bilinear(face : u32, index : vec2f) -> Sums {
  let low = floor(index);
  let t = index - low;
  let at = vec2i(low);
  let upper = added(tap(face, at, (1.0 - t.x) * (1.0 - t.y)), tap(face, at + vec2i(1, 0), t.x * (1.0 - t.y)));
  let lower = added(tap(face, at + vec2i(0, 1), (1.0 - t.x) * t.y), tap(face, at + vec2i(1, 1), t.x * t.y));
  return added(upper, lower);
}

/** What a face has at a pixel whose corner is `corner`, relative to the face's anchor. */
fn sumsAt(face : u32, place : Placement, corner : vec2f) -> Sums {
  const HALF = 0.5 * f32(SIZE);
  let middle = toCrop(place, corner + 0.5);
  let scale = 1.0 / length(place.axis);
  if (any(abs(middle) > vec2f(HALF))) {
    return Sums();
  }
  let samples = max(1u, u32(floor(scale + 0.5)));
  var sum = Sums();
  for (var k = 0u; k < samples * samples; k++) {
    let inner = (vec2f(vec2u(k % samples, k / samples)) + 0.5) / f32(samples);
    sum = added(sum, bilinear(face, toCrop(place, corner + inner) + HALF - 0.5));
  }
  let count = f32(samples * samples);
  return Sums(sum.mask / count, sum.crop / count, sum.change / count);
}

@compute @workgroup_size(16, 16)
fn main(@builtin(global_invocation_id) id : vec3u) {
  let at = vec2i(id.xy);
  if (any(at >= frame.size)) {
    return;
  }
  let index = at.y * frame.size.x + at.x;
  let pixel = pixels[index];
  let colour = colourOf(pixel) / 255.0;
  var change = vec3f(0.0);
  var masked = 0.0;
  for (var face = 0u; face < arrayLength(&placements) / 3u; face++) {
    let place = placementOf(face);
    if (isEmpty(place)) {
      continue;
    }
    let sum = sumsAt(face, place, vec2f(frame.origin + at - place.anchor));
    if (sum.mask > 0.0) {
      change += sum.change.xyz - sum.change.w / sum.mask * (sum.mask * colour - sum.crop);
      masked += sum.mask;
    }
  }
  if (masked == 0.0) {
    out[index] = pixel;
    return;
  }
  let bytes = vec3i(colourOf(pixel)) + vec3i(floor(255.0 * change / max(1.0, masked) + 0.5));
  let kept = vec3u(clamp(bytes, vec3i(0), vec3i(255)));
  out[index] = kept.x | (kept.y << 8u) | (kept.z << 16u) | (pixel & 0xff000000u);
}
