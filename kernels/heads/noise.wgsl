// Part: hashes of integers, and smooth noise in space.
//
//   noise3(p) = trilinear interpolation, with the weights u²(3 − 2u), of one hash for each integer point around p
//   fbm(p)    = noise3(p) / 2 + noise3(2.03 p + 7.1) / 4 + noise3(4.1 p + 3.7) / 4
//
// Both lie in [0, 1) with mean 1/2. A library part: no entry point.

fn hashWords(words : vec3u) -> u32 {
  let q = words * vec3u(1597334673u, 3812015801u, 2798796415u);
  var h = (q.x ^ q.y ^ q.z) * 1597334673u;
  h ^= h >> 15u;
  h *= 2246822519u;
  return h ^ (h >> 13u);
}

fn unitOf(word : u32) -> f32 {
  return f32(word >> 8u) * (1.0 / 16777216.0);
}

fn hash3(cell : vec3i) -> f32 {
  return unitOf(hashWords(bitcast<vec3u>(cell)));
}

fn noise3(p : vec3f) -> f32 {
  let cell = floor(p);
  let f = p - cell;
  let i = vec3i(cell);
  let u = f * f * (3.0 - 2.0 * f);
  let near = vec4f(hash3(i), hash3(i + vec3i(1, 0, 0)), hash3(i + vec3i(0, 1, 0)), hash3(i + vec3i(1, 1, 0)));
  let far = vec4f(hash3(i + vec3i(0, 0, 1)), hash3(i + vec3i(1, 0, 1)), hash3(i + vec3i(0, 1, 1)), hash3(i + vec3i(1, 1, 1)));
  let square = mix(near, far, u.z);
  let line = mix(square.xy, square.zw, u.y);
  return mix(line.x, line.y, u.x);
}

/** A loop, since a compiler writes the code of noise3 anew at every call. */
fn fbm(p : vec3f) -> f32 {
  var sum = 0.0;
  for (var octave = 0u; octave < 3u; octave++) {
    let scale = select(select(1.0, 2.03, octave == 1u), 4.1, octave == 2u);
    let shift = select(select(0.0, 7.1, octave == 1u), 3.7, octave == 2u);
    sum += select(0.25, 0.5, octave == 0u) * noise3(p * scale + shift);
  }
  return sum;
}
