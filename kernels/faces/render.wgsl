// Renders a batch of faces: SAMPLES x SAMPLES rays per pixel.
//
//   light = mix(background, shade(hit), coverage), then glasses and occluder
//   display = (sqrt(light) - 1/2) contrast + 1/2 + noise
//
// Memory: `faces` [batch] Face (draw.wgsl, derive.wgsl); `image` f32 [batch, SIZE, SIZE, 3] in [0, 1].
// Tile: one thread per pixel; eight in a row share one face, which is copied to private memory once.
// Preconditions: constants SIZE, SAMPLES, STEPS, SHADOW_STEPS.
// Parts before: face, sdf, camera, paint, shading, surroundings. Dispatch: (ceil(SIZE / 8), SIZE, batch).
// Cost: about 40 evaluations of the head per pixel; 1.9 ms per image of 64 x 64 on a 2-core software adapter.

@group(0) @binding(0) var<storage, read> faces : array<Face>;
@group(0) @binding(1) var<storage, read_write> image : array<f32>;

/** Sensor noise of unit deviation from three hashed words per pixel. Its seed depends on the attributes alone. */
fn pixelNoise(pixel : u32) -> vec3f {
  let seed = hashWord(pixel + bitcast<u32>(face.backgroundSeed));
  let words = vec3u(seed, hashWord(seed), hashWord(seed + 0x9E3779B9u));
  let halves = vec3f(words & vec3u(0xffffu)) + vec3f(words >> vec3u(16u));
  return (halves * (1.0 / 65536.0) - 1.0) * 2.4494897; // the sum of two uniform numbers has variance 1/6
}

fn colorAt(point : vec2f) -> vec3f {
  let width = 1.2 * PIXEL;
  let ray = rayThrough(point);
  let hit = traceHead(ray);
  var color = background(point);
  if (hit.coverage > 0.0) {
    color = mix(color, shade(ray.origin + ray.direction * hit.t, ray.direction, width), hit.coverage);
  }
  color = mix(color, vec3f(0.02, 0.015, 0.01) + 0.2 * max(face.glasses - 0.7, 0.0), glassesAt(ray, hit.t, width));
  let occluder = occluderAt(point, width);
  return mix(color, occluder.rgb, occluder.a);
}

@compute @workgroup_size(8)
fn main(@builtin(global_invocation_id) id : vec3u) {
  if (id.x >= SIZE) {
    return;
  }
  face = faces[id.z];
  var color = vec3f(0.0);
  for (var s = 0u; s < SAMPLES * SAMPLES; s++) {
    let offset = (vec2f(f32(s % SAMPLES), f32(s / SAMPLES)) - 0.5 * f32(SAMPLES - 1u)) / f32(SAMPLES);
    color += colorAt(picturePoint(f32(id.x) + offset.x, f32(id.y) + offset.y));
  }
  color = (sqrt(saturate(color / f32(SAMPLES * SAMPLES))) - 0.5) * face.contrast + 0.5;
  if (face.sensorNoise > 0.0) {
    color += face.sensorNoise * pixelNoise(id.y * SIZE + id.x);
  }
  color = saturate(color);
  let at = 3u * ((id.z * SIZE + id.y) * SIZE + id.x);
  image[at] = color.r;
  image[at + 1u] = color.g;
  image[at + 2u] = color.b;
}
