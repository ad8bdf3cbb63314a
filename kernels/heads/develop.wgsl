// Part: from light to the values of a picture, as a camera does it.
//
//   c = exposure · white balance · vignette · light, saturated
//   c = sRGB(c / (1 + 0.85 max(c − 0.72, 0))), then contrast about 0.45 and noise
//
// The noise is the sum of two uniform numbers, six tenths of it of each channel alone; its seed belongs to the
// attributes.
// A library part: no entry point. Binding `people`. Parts before: person, noise.

fn grain(pixel : vec2u, seed : u32) -> f32 {
  return unitOf(hashWords(vec3u(pixel, seed))) + unitOf(hashWords(vec3u(pixel, seed + 100u))) - 1.0;
}

fn developed(picture : u32, pixel : vec2u, light : vec3f) -> vec3f {
  let sensor = people[picture].sensor;
  let balance = people[picture].balance;
  let xy = (vec2f(pixel) + 0.5) * (2.0 / f32(raster.size)) - 1.0;
  var c = light * sensor.x * balance.rgb * (1.0 - sensor.z * dot(xy, xy) * 0.35);
  c = max(mix(vec3f(dot(c, vec3f(0.2126, 0.7152, 0.0722))), c, sensor.w), vec3f(0.0));
  c = c / (1.0 + max(c - 0.72, vec3f(0.0)) * 0.85);
  c = select(1.055 * pow(c, vec3f(1.0 / 2.4)) - 0.055, c * 12.92, c < vec3f(0.0031308));
  c = mix(vec3f(0.45), c, balance.w);
  let seed = 11u + 997u * u32(people[picture].frame.w);
  let own = vec3f(grain(pixel, seed), grain(pixel, seed + 31u), grain(pixel, seed + 67u));
  return saturate(c + sensor.y * mix(vec3f(own.x), own, 0.6));
}
