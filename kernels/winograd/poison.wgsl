// Part: which windows the transform must not take. It mixes all pixels of a window into each product, and cancellation takes them out again in pixels that do not
// see them: a NaN or an infinity stays in all, and a large number leaves its rounding, some 10⁻⁶ of it.
//
// A window is poisoned if a value is not finite; or if one is at least 256, and the largest one that some pixel of the tile sees is 2⁸ times smaller. Its transform is then NaN, which
// any product keeps, and collect.wgsl computes the tile without a transform. Activations of networks stay below 256; pictures from 0 to 255 do, too.
// Prelude   separable.wgsl.
const LARGE = 0x43800000u; // the bits of 256
const APART = 8u << 23u; // a factor of 2⁸, in bits of numbers above zero
const SEEN = IN - 2u; // pixels of a tile along one axis

/** Bits in the order of |v|, those of NaN last. */
fn sizeOf(v : vec4f) -> vec4u {
  return bitcast<vec4u>(v) & vec4u(0x7fffffffu);
}

/** Bits to add to the transform by `or`: zeros, or a NaN for each of four channels. */
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
  var least = vec4u(0xffffffffu); // of the largest values that the pixels see
  for (var c = 0u; c < SEEN; c++) {
    var across : array<vec4u, IN>;
    for (var r = 0u; r < IN; r++) {
      across[r] = max(max(sizeOf(x[r][c]), sizeOf(x[r][c + 1u])), sizeOf(x[r][c + 2u]));
    }
    for (var r = 0u; r < SEEN; r++) {
      least = min(least, max(max(across[r], across[r + 1u]), across[r + 2u]));
    }
  }
  let spoils = (most >= vec4u(0x7f800000u)) | ((most >= vec4u(LARGE)) & (least + APART < most));
  return select(vec4u(), vec4u(0x7fc00000u), spoils);
}
