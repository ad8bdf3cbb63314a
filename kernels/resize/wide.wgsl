// Part: integers of 64 bits, which WGSL has not, as (low, high) words: what positions in rows of tens of thousands of
// pixels need.

/** a · b + c. The product is put together from halves of 16 bits, as in philox.wgsl. */
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

/** Quotient, which must fit 32 bits, and remainder: bit by bit, the remainder of the high word first. */
fn wideDivide(num : vec2u, den : u32) -> vec2u {
  var rest = num.y; // below den, or the quotient would not fit
  var quotient = 0u;
  for (var bit = 32u; bit > 0u; bit--) {
    let carry = rest >> 31u; // what the shift pushes out counts too: den may be above 2³¹
    rest = (rest << 1u) | ((num.x >> (bit - 1u)) & 1u);
    quotient <<= 1u;
    if (carry == 1u || rest >= den) {
      rest -= den;
      quotient |= 1u;
    }
  }
  return vec2u(quotient, rest);
}
