// Part: marks the windows that must not be transformed, by NaN.
//
// The transform mixes all pixels of a window into each product, and cancellation takes them out again of pixels that do
// not depend on them. A NaN or an infinity would stay in all pixels, and a large number would leave its rounding error,
// about 10⁻⁶ of it.
//
// A window is poisoned if one of its values is not finite. It is also poisoned if one is at least 256 and some pixel of
// the tile depends on values only that are more than 2⁸ times smaller. Its transform becomes NaN, NaN passes through
// every product, and outputTransform.wgsl computes the tile without a transform. Activations of networks and pictures
// from 0 to 255 stay below 256.
// Prelude   separable.wgsl.
const LARGE = 0x43800000u; // the bits of 256
const APART = 8u << 23u; // a factor of 2⁸ as a difference of the bits of positive numbers
const PIXELS = IN - 2u; // of a tile along one axis

/** Bits that compare as |v| does, those of NaN above all others. */
fn sizeOf(v : vec4f) -> vec4u {
  return bitcast<vec4u>(v) & vec4u(0x7fffffffu);
}

/** Bits to combine with the transform by `or`: for each of four channels zeros, or those of a NaN. */
fn poisonOf(x : Square) -> vec4u {
  var most = vec4u();
  for (var r = 0u; r < IN; r++) {
    for (var c = 0u; c < IN; c++) {
      most = max(most, sizeOf(x[r][c]));
    }
  }
  if (all(most < vec4u(LARGE))) {
    return vec4u();
  }
  var least = vec4u(0xffffffffu); // over the pixels, of the largest value that each depends on
  for (var c = 0u; c < PIXELS; c++) {
    var columnMost : array<vec4u, IN>;
    for (var r = 0u; r < IN; r++) {
      columnMost[r] = max(max(sizeOf(x[r][c]), sizeOf(x[r][c + 1u])), sizeOf(x[r][c + 2u]));
    }
    for (var r = 0u; r < PIXELS; r++) {
      least = min(least, max(max(columnMost[r], columnMost[r + 1u]), columnMost[r + 2u]));
    }
  }
  let spoils = (most >= vec4u(0x7f800000u)) | ((most >= vec4u(LARGE)) & (least + APART < most));
  return select(vec4u(), vec4u(0x7fc00000u), spoils);
}
