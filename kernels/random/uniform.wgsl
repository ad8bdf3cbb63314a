// Part: uniform in [LOW, LOW + RANGE). In about one of 2²⁴ draws the sum rounds up to the end of the interval, which
// the interval excludes; LAST is returned then.
// Prelude   LOW, RANGE, LAST = the largest f32 below the end : f32; philox.wgsl.
fn shape(words : vec4u) -> vec4f {
  return min(LOW + RANGE * unitFloat(words), vec4f(LAST));
}
