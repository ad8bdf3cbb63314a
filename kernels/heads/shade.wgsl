// Turns the visible triangles of a batch into pictures.
//
//   out = developed(1 / samples² Σ min(light of the sample, 6))
//
// A sample shows what its key names (triangles.wgsl) or the background, behind glasses and an occluder.
//
// Memory: `people` [pictures] Person; `views` [pictures] View; `positions`, `normals`, `tangents` vec4f [pictures,
// SLOTS]; `model`; `visibility` u32; `image` f32 [pictures, size, size, 3] in [0, 1].
// Tile: one thread per pixel, 8 x 8 a workgroup. Preconditions: constants of the parts.
// Parts before: person, view, head, model, noise, texture, visibility, project, spot, light, paint, skin, parts,
// front, background, develop. Dispatch: (ceil(SIZE / 8), ceil(SIZE / 8), pictures).

@group(0) @binding(0) var<storage, read> people : array<Person>;
@group(0) @binding(1) var<storage, read> views : array<View>;
@group(0) @binding(2) var<storage, read> positions : array<vec4f>;
@group(0) @binding(3) var<storage, read> normals : array<vec4f>;
@group(0) @binding(4) var<storage, read> tangents : array<vec4f>;
@group(0) @binding(5) var<storage, read> model : array<u32>;
@group(0) @binding(6) var<storage, read> visibility : array<u32>;
@group(0) @binding(7) var<storage, read_write> image : array<f32>;

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id : vec3u) {
  openRaster(vec4u(visibility[0], visibility[1], visibility[2], visibility[3]));
  if (id.x >= raster.size || id.y >= raster.size) {
    return;
  }
  let row = id.z;
  let picture = raster.first + row;
  var sum = vec3f(0.0);
  var behind = 0u;
  for (var k = 0u; k < raster.samples * raster.samples; k++) {
    let sample = id.xy * raster.samples + vec2u(k % raster.samples, k / raster.samples);
    let key = visibility[keyAt(row, sample)];
    var color = vec3f(0.0);
    var cover = occluderAt(picture, sample);
    if (!cover.isThere) {
      var depth = 1e9;
      if (key != NOTHING) {
        let spot = spotAt(row, sample, slotOf(key));
        let view = normalize(views[picture].eye.xyz - spot.world);
        let past = pastGlasses(picture, spot.world);
        color = min(lightOf(row, spot.world, matterOf(picture, spot, view), past), vec3f(6.0));
        depth = views[picture].eye.z - spot.world.z;
      }
      cover = glassesAt(picture, sample, depth);
      if (key == NOTHING && !cover.isThere) {
        behind++;
      }
    }
    sum += color * cover.lets;
    if (cover.lets < 1.0) {
      sum += coverLight(picture, cover);
    }
  }
  if (behind > 0u) {
    sum += backgroundColor(picture, id.xy) * f32(behind);
  }
  let value = developed(picture, id.xy, sum / f32(raster.samples * raster.samples));
  let at = 3u * ((picture * raster.size + id.y) * raster.size + id.x);
  image[at] = value.r;
  image[at + 1u] = value.g;
  image[at + 2u] = value.b;
}
