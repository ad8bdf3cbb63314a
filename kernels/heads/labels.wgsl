// What each pixel of a batch shows, and how far away it is.
//
//   0 background  1 skin  2 eye  3 lips  4 mouth  5 brow  6 hair  7 mark (mole)  8 clothes  9 glasses  10 occluder
//
// A hat counts as occluder, lashes as eye, teeth and tongue as mouth. The sample in the middle of the pixel decides
// (with an even number of samples the one right below the middle).
//
// Memory: `people`, `views`, `positions`, `normals`, `tangents`, `model`, `visibility` as in shade.wgsl; `labels` f32
// [pictures, size, size, 2]: class, and depth along the axis of the camera in decimetres (0 for background and
// occluders).
// Tile: one thread per pixel, 8 x 8 a workgroup. Preconditions: as shade.wgsl.
// Parts before: person, view, head, model, noise, texture, visibility, project, spot, light, paint, skin,
// front.
// Dispatch: (ceil(SIZE / 8), ceil(SIZE / 8), pictures).

@group(0) @binding(0) var<storage, read> people : array<Person>;
@group(0) @binding(1) var<storage, read> views : array<View>;
@group(0) @binding(2) var<storage, read> positions : array<vec4f>;
@group(0) @binding(3) var<storage, read> normals : array<vec4f>;
@group(0) @binding(4) var<storage, read> tangents : array<vec4f>;
@group(0) @binding(5) var<storage, read> model : array<u32>;
@group(0) @binding(6) var<storage, read> visibility : array<u32>;
@group(0) @binding(7) var<storage, read_write> labels : array<f32>;

/** Is this the inside of the mouth, behind the lips? */
fn isInnerMouth(s : Spot) -> bool {
  return abs(s.rest.x) < 0.3 && s.rest.y > 6.35 && s.rest.y < 6.8 && s.rest.z < 1.34 - 0.9 * abs(s.rest.x) * abs(s.rest.x) && s.rest.z > 0.3 && s.occlusion < 0.6;
}

fn bodyClass(picture : u32, s : Spot) -> f32 {
  if (isCloth(picture, s)) {
    return 8.0;
  }
  if (isInnerMouth(s)) {
    return 4.0;
  }
  if (s.fields.x > 0.5) {
    return 3.0;
  }
  return select(1.0, 7.0, s.window > 0.5 && moles(picture, s.rest) > 0.5);
}

fn classOf(picture : u32, s : Spot) -> f32 {
  switch (s.part) {
    case BODY: {
      return bodyClass(picture, s);
    }
    case EYES, LASH: {
      return 2.0;
    }
    case TEETH, TONGUE: {
      return 4.0;
    }
    case BROW: {
      return 5.0;
    }
    case STRANDS: {
      return 6.0;
    }
    default: {
      return 10.0;
    }
  }
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id : vec3u) {
  openRaster(vec4u(visibility[0], visibility[1], visibility[2], visibility[3]));
  if (id.x >= raster.size || id.y >= raster.size) {
    return;
  }
  let row = id.z;
  let picture = raster.first + row;
  let sample = id.xy * raster.samples + raster.samples / 2u;
  let key = visibility[keyAt(row, sample)];
  var class_ = 0.0;
  var depth = 0.0;
  if (key != NOTHING) {
    let s = spotAt(row, sample, slotOf(key));
    class_ = classOf(picture, s);
    depth = views[picture].eye.z - s.world.z;
  }
  let glasses = glassesAt(picture, sample, select(depth, 1e9, key == NOTHING));
  if (glasses.isThere || glasses.lets < 0.5) {
    class_ = 9.0;
  }
  if (occluderAt(picture, sample).isThere) {
    class_ = 10.0;
    depth = 0.0;
  }
  let at = 2u * ((picture * raster.size + id.y) * raster.size + id.x);
  labels[at] = class_;
  labels[at + 1u] = depth;
}
