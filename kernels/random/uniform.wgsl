// Uniform in [LOW, LOW + RANGE). The sum rounds up to the end of the interval once in some 2²⁴ draws, which is not among its numbers.
// Prelude   LOW, RANGE, LAST = the largest f32 below the end : f32; philox.wgsl.
fn shape(words : vec4u) -> vec4f {
  return min(LOW + RANGE * unitFloat(words), vec4f(LAST));
}
