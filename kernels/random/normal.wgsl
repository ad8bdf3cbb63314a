// Part: normal with mean MEAN and deviation STD, by Box and Muller's transform: √(−2 ln u) · (cos 2πv, sin 2πv), u in
// (0, 1].
//
// u has 24 bits, so no number is further than 5.8 deviations from the mean.
// Prelude   MEAN, STD : f32; philox.wgsl.
fn shape(words : vec4u) -> vec4f {
  let u = unitFloat(words);
  let radius = sqrt(-2.0 * log(vec2f(1.0) - u.xz));
  let angle = 6.283185307179586 * u.yw;
  let pairs = vec4f(radius.x * cos(angle.x), radius.x * sin(angle.x), radius.y * cos(angle.y), radius.y * sin(angle.y));
  return MEAN + STD * pairs;
}
