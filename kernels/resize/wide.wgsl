// Part: integers of 64 bits, which WGSL has not, as (low, high) words: what positions in rows of tens of thousands of
// pixels need.

/** a · b + c. The product is composed of products of 16-bit halves, as in philox.wgsl. */
fn wideProduct(a : u32, b : u32, c : u32) -> vec2u {
  let aLow = a & 0xffffu;
  let aHigh = a >> 16u;
  let bLow = b & 0xffffu;
  let bHigh = b >> 16u;
  let middle = aHigh * bLow + ((aLow * bLow) >> 16u);
  let cross = aLow * bHigh + (middle & 0xffffu);
  let low = a * b;
  let carry = select(0u, 1u, low + c < low);
  return vec2u(low + c, aHigh * bHigh + (middle >> 16u) + (cross >> 16u) + carry);
}

/**
 * Returns the quotient, which must fit into 32 bits, and the remainder. This is long division bit by bit, which begins
 * with the high word as the remainder.
 */
fn wideDivide(num : vec2u, den : u32) -> vec2u {
  var rest = num.y; // smaller than den, because the quotient fits into 32 bits
  var quotient = 0u;
  for (var bit = 32u; bit > 0u; bit--) {
    let carry = rest >> 31u; // the bit that the shift drops also counts, because den may exceed 2³¹
    rest = (rest << 1u) | ((num.x >> (bit - 1u)) & 1u);
    quotient <<= 1u;
    if (carry == 1u || rest >= den) {
      rest -= den;
      quotient |= 1u;
    }
  }
  return vec2u(quotient, rest);
}
