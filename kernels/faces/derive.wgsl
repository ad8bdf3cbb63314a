// Fills the derived half of each face: rotation, light, colours, and the few positions that mix identity and
// expression.
//
//   rotation = Rz(roll) Rx(pitch) Ry(yaw), head to camera; light_head = rotation^T light_camera
//   noseBase = eyeHeight - noseLength;  mouthLine = noseBase - mouthDrop - 0.35 open;
//   chin = -0.80 - jawLength - 0.5 open
//
// Memory: `faces` [batch] Face, see face.wgsl. Tile: one thread per image.
// Preconditions: draw.wgsl has run. Parts before: face. Dispatch: ceil(batch / 8).
// `poseOf` and `landmarksOf` in packages/faces/src/render/landmarks.ts compute the same positions.

@group(0) @binding(0) var<storage, read_write> faces : array<Face>;

/** The linear colour at t in [0, 1] on a ramp with five stops, which are display colours. */
fn ramp(a : vec3f, b : vec3f, c : vec3f, d : vec3f, e : vec3f, t : f32) -> vec3f {
  let x = clamp(t, 0.0, 1.0) * 4.0;
  let color = mix(mix(mix(mix(a, b, saturate(x)), c, saturate(x - 1.0)), d, saturate(x - 2.0)), e, saturate(x - 3.0));
  return color * color;
}

fn skinColor(tone : f32, red : f32) -> vec3f {
  let base = ramp(vec3f(0.97, 0.83, 0.74), vec3f(0.91, 0.71, 0.58), vec3f(0.76, 0.55, 0.42), vec3f(0.56, 0.37, 0.27),
    vec3f(0.40, 0.26, 0.19), tone);
  return base * (1.0 + red * vec3f(1.0, -0.6, -0.8));
}

fn hairPalette(tone : f32, shade : f32) -> vec3f {
  let base = ramp(vec3f(0.10, 0.08, 0.08), vec3f(0.28, 0.17, 0.11), vec3f(0.52, 0.25, 0.12), vec3f(0.80, 0.62, 0.36),
    vec3f(0.68, 0.67, 0.66), tone);
  return base * (1.0 + shade);
}

fn irisPalette(tone : f32) -> vec3f {
  return ramp(vec3f(0.20, 0.10, 0.05), vec3f(0.52, 0.30, 0.08), vec3f(0.28, 0.55, 0.25), vec3f(0.30, 0.62, 0.85),
    vec3f(0.60, 0.66, 0.72), tone);
}

@compute @workgroup_size(8)
fn main(@builtin(global_invocation_id) id : vec3u) {
  if (id.x >= arrayLength(&faces)) {
    return;
  }
  let f = faces[id.x];
  let angles = radians(vec3f(f.yaw, f.pitch, f.roll));
  let c = cos(angles);
  let s = sin(angles);
  let open = max(f.mouthOpen, 0.0);
  let smile = f.smile;
  let noseBase = f.eyeHeight - f.noseLength;
  let mouthLine = noseBase - f.mouthDrop - 0.35 * open;

  // These are the rows of Rz Rx Ry.
  let x = vec3f(c.z * c.x - s.z * s.y * s.x, -s.z * c.y, c.z * s.x + s.z * s.y * c.x);
  let y = vec3f(s.z * c.x + c.z * s.y * s.x, c.z * c.y, s.z * s.x - c.z * s.y * c.x);
  let z = vec3f(-c.y * s.x, s.y, c.y * c.x);
  faces[id.x].rowX = vec4f(x, smile * 0.9);
  faces[id.x].rowY = vec4f(y, mouthLine);
  faces[id.x].rowZ = vec4f(z, noseBase);

  let light = radians(vec2f(f.lightAzimuth, f.lightElevation));
  let camera = vec3f(sin(light.x) * cos(light.y), sin(light.y), cos(light.x) * cos(light.y));
  faces[id.x].light = vec4f(x * camera.x + y * camera.y + z * camera.z, open);
  faces[id.x].lightColor = vec4f(1.0 + f.lightWarmth, 1.0, 1.0 - f.lightWarmth, f.ambient);

  let skin = skinColor(f.skinTone, f.skinRed);
  faces[id.x].skin = vec4f(skin, f.specular);
  faces[id.x].hair = vec4f(hairPalette(f.hairColor, f.hairShade), f.mouthWidth * (1.0 + 1.2 * smile));
  faces[id.x].iris = vec4f(irisPalette(f.irisColor), f.eyeRound * clamp(f.lid, 0.15, 1.2));
  faces[id.x].lip = vec4f(mix(skin, skin * vec3f(0.95, 0.35, 0.38) + vec3f(0.03, 0.0, 0.0), f.lipRed),
    -0.80 - f.jawLength - 0.5 * open);
}
