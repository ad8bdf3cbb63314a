// Part: what lies behind the head: the environment out of focus, a slope of two colours, or patches of two.
//
// A library part: no entry point. Bindings `people`, `views`, `model`.
// Parts before: person, view, light, noise.

/** Light from behind a pixel. Eight taps hide the texels of a blurred level. */
fn backgroundColor(picture : u32, pixel : vec2u) -> vec3f {
  let xy = ((vec2f(pixel) + 0.5) * (2.0 / f32(raster.size)) - 1.0) * vec2f(1.0, -1.0);
  let back = people[picture].back;
  let second = people[picture].back2;
  if (back.w > 0.5) {
    let noise = fbm(vec3f(xy * select(1.7, 3.0, second.w > 0.5), people[picture].frame.w));
    let slope = clamp(0.5 + 0.5 * xy.y + 0.35 * (noise - 0.5), 0.0, 1.0);
    let share = select(slope, smoothstep(0.45, 0.55, noise), second.w > 0.5);
    return mix(back.rgb, second.rgb, share);
  }
  let level = people[picture].environment.w;
  let direction = normalize(vec3f(xy * (people[picture].frame.z / views[picture].eye.w), -1.0));
  var sum = vec3f(0.0);
  for (var k = 0u; k < 8u; k++) {
    let angle = f32(k) * 2.39996 + 0.5;
    let reach = 0.003 * exp2(level) * sqrt((f32(k) + 0.5) / 8.0);
    let moved = normalize(direction + vec3f(reach * cos(angle), reach * sin(angle), 0.0));
    sum += environment(picture, moved, level);
  }
  return min(sum / 8.0, vec3f(4.0));
}
