// Part: albedo of a point of the head: what is painted rather than modelled. Brows, lips, mouth, lashes, iris, beard,
// marks.
//
// Every painted shape has a coverage in [0, 1]. It is computed from the signed distance to the shape's edge and
// softened over `width` head units (about a pixel), so that small images need no supersampling. `m` is the point
// mirrored to x > 0. Colours are linear.
// A library part: no entry point. Parts before: face, sdf.

fn hashWord(x : u32) -> u32 {
  var h = x * 747796405u + 2891336453u;
  h = ((h >> ((h >> 28u) + 4u)) ^ h) * 277803737u;
  return (h >> 22u) ^ h;
}

fn latticeValue(cell : vec2i) -> f32 {
  return f32(hashWord((u32(cell.x) * 1619u) ^ hashWord(u32(cell.y))) >> 8u) * 0x1p-24f;
}

/** Value noise in [0, 1) on the integer lattice. */
fn valueNoise(p : vec2f) -> f32 {
  let base = floor(p);
  let f = p - base;
  let u = f * f * (3.0 - 2.0 * f);
  let cell = vec2i(base);
  return mix(mix(latticeValue(cell), latticeValue(cell + vec2i(1, 0)), u.x),
    mix(latticeValue(cell + vec2i(0, 1)), latticeValue(cell + vec2i(1, 1)), u.x), u.y);
}

/** The coverage at a signed distance to an edge: 1 inside, 0 outside, with a ramp of `width` across the edge. */
fn inside(distance : f32, width : f32) -> f32 {
  return saturate(0.5 - distance / width);
}

fn eyeColor(p : vec3f, width : f32) -> vec3f {
  let side = select(-1.0, 1.0, p.x > 0.0);
  let local = (vec3f(abs(p.x), p.y, p.z) - eyeCenter()) / eyeRadius();
  let gaze = normalize(vec3f(face.gazeX * side, face.gazeY, 1.0));
  let off = length(local.xy - gaze.xy) * eyeRadius();
  let iris = eyeRadius() * 0.50;
  let e = eyeFrame(vec3f(abs(p.x), p.y, p.z));
  let shade = 1.0 - 0.55 * saturate(1.0 + (e.y - face.iris.w * (1.0 - e.x * e.x)) * 3.0);
  var color = vec3f(0.86, 0.84, 0.82);
  let ring = mix(face.iris.rgb, face.iris.rgb * 0.25, saturate((off / iris - 0.7) * 3.0));
  color = mix(color, ring, inside(off - iris, width));
  color = mix(color, vec3f(0.01), inside(off - iris * 0.45, width));
  let glint = length(local.xy - gaze.xy - vec2f(-0.16 * side, 0.2)) * eyeRadius();
  return mix(color * shade, vec3f(1.0), 0.9 * inside(glint - 0.018, width));
}

fn browCoverage(m : vec3f, width : f32) -> f32 {
  let inner = max(face.eyeDistance - 0.55 * face.browLength, 0.07);
  let u = (m.x - inner) / face.browLength;
  let bend = u - 0.5;
  let y = face.eyeHeight + face.browHeight + face.browRaise + face.browAngle * bend + face.browArch * (1.0 - 4.0 * bend * bend);
  let half = face.browThickness * (1.15 - 0.75 * saturate(u)) * 0.9;
  return inside(max(abs(m.y - y) - half, max(-u, u - 1.0) * face.browLength), width);
}

/**
 * A point in the frame of the mouth: x is in half widths of the mouth, y is measured from the mouth line, which a smile
 * bends, and z is the arc 1 - x^2.
 */
fn mouthFrame(p : vec3f) -> vec3f {
  let x = p.x / face.hair.w;
  return vec3f(x, p.y - face.rowY.w - face.rowX.w * x * x, max(1.0 - x * x, 0.0));
}

fn lipCoverage(mouth : vec3f, width : f32) -> f32 {
  let gap = face.light.w * 0.5 * mouth.z;
  let cupid = 1.0 - 0.22 * saturate(1.0 - abs(mouth.x) * 4.0);
  let upper = mouth.y - gap - face.lipUpper * mouth.z * cupid;
  let lower = -gap - face.lipLower * mouth.z - mouth.y;
  return inside(max(max(upper, lower), (abs(mouth.x) - 1.0) * face.hair.w), width);
}

/** Coverage of the line between the lips or of the open mouth, and the share of it that shows teeth. */
fn openingCoverage(mouth : vec3f, width : f32) -> vec2f {
  let gap = face.light.w * 0.5 * mouth.z;
  let opening = inside(abs(mouth.y) - gap - 0.009, width) * inside((abs(mouth.x) - 0.97) * face.hair.w, width);
  let teeth = inside(max(0.25 * gap - mouth.y, 0.018 - gap), width) * step(0.02, gap);
  return vec2f(opening, teeth);
}

/** Coverage of a beard, which ends at a line that rises towards the ears, and of a moustache. Noise roughens both. */
fn beardCoverage(p : vec3f, m : vec3f) -> f32 {
  if (face.beard <= 0.0) {
    return 0.0;
  }
  let mouth = face.rowY.w;
  let ragged = 0.06 * (valueNoise(p.xy * vec2f(50.0, 30.0)) - 0.5);
  let line = mouth - 0.12 + 0.25 * face.beardExtent + (0.2 + face.beardExtent) * max(m.x - 0.12, 0.0);
  let moustache = length((p.xy - vec2f(0.0, mouth + 0.075)) * vec2f(0.40, 1.0)) - 0.05 - 0.03 * face.beardExtent;
  return face.beard * inside(min(max(p.y - line, 0.05 - p.z), moustache) + ragged, 0.09);
}

fn freckleCoverage(p : vec3f) -> f32 {
  if (face.freckles <= 0.0) {
    return 0.0;
  }
  let spots = saturate((valueNoise(p.xy * 26.0 + face.freckleSeed) - 0.62) * 6.0);
  return face.freckles * spots * saturate(1.6 - abs(p.y - face.rowZ.w - 0.12) * 5.0);
}

fn moleCoverage(p : vec3f, width : f32) -> f32 {
  let first = inside(length(p.xy - vec2f(face.moleX, face.moleY)) - face.moleSize, width);
  let second = inside(length(p.xy - vec2f(face.secondMoleX, face.secondMoleY)) - face.secondMoleSize, width);
  return max(first, second * step(0.001, face.secondMoleSize));
}

fn scarCoverage(p : vec3f, width : f32) -> f32 {
  if (face.scar <= 0.0) {
    return 0.0;
  }
  let along = vec2f(cos(face.scarAngle), sin(face.scarAngle));
  let s = p.xy - vec2f(face.scarX, face.scarY);
  return inside(max(abs(dot(s, along)) - 0.5 * face.scar, abs(s.x * along.y - s.y * along.x) - 0.010), width);
}

/** The degree to which the lashes and the crease of the lid darken the skin. */
fn lidShade(m : vec3f, width : f32) -> f32 {
  let e = eyeFrame(m);
  let above = (e.y - face.iris.w * (1.0 - e.x * e.x)) * face.eyeSize;
  let across = (abs(e.x) - 1.05) * face.eyeSize;
  let lash = inside(max(abs(above - 0.006) - 0.012, across), width);
  let crease = inside(max(abs(above - 0.05) - 0.004, across + 0.02), width);
  return 0.8 * lash + 0.25 * crease;
}

/** The degree to which the cheeks and the nose are redder than the rest of the skin. */
fn blush(p : vec3f, m : vec3f) -> f32 {
  let cheek = saturate(1.0 - length(m.xy - vec2f(0.38, face.rowZ.w + 0.05)) * 3.5);
  return cheek + saturate(1.0 - length(p.xy - vec2f(0.0, face.rowZ.w + 0.06)) * 6.0);
}

fn nostrilCoverage(m : vec3f, width : f32) -> f32 {
  let offset = m.xy - vec2f(face.noseWidth * 0.62, face.rowZ.w + 0.012);
  return inside(length(offset * vec2f(1.0, 1.6)) - 0.3 * face.noseWidth, width) * step(0.7, m.z);
}

fn collarCoverage(m : vec3f, width : f32) -> f32 {
  return inside(m.y + 1.08 - 0.35 * m.x * m.x, width);
}

fn skinPaint(p : vec3f, width : f32) -> vec3f {
  let m = vec3f(abs(p.x), p.y, p.z);
  let front = saturate((p.z - 0.15) * 8.0);
  let mouth = mouthFrame(p);
  var color = face.skin.rgb * (1.0 - front * blush(p, m) * vec3f(0.0, 0.16, 0.16));
  color *= 1.0 - 0.4 * front * freckleCoverage(p);
  if (face.beard > 0.0) {
    let strands = 0.7 + 0.6 * valueNoise(p.xy * vec2f(60.0, 25.0));
    color = mix(color, face.hair.rgb * 0.85 * strands, beardCoverage(p, m));
  }
  color = mix(color, face.lip.rgb * select(1.08, 0.85, mouth.y > 0.0), front * lipCoverage(mouth, width));
  let opening = openingCoverage(mouth, width);
  let inner = mix(color * 0.22 * vec3f(1.0, 0.7, 0.7), vec3f(0.72, 0.70, 0.66), opening.y);
  color = mix(color, inner, front * opening.x);
  // Brows are darker than the skin for every colour of hair, because they belong to the identity and must be visible.
  color = mix(color, min(face.hair.rgb * 0.5, face.skin.rgb * 0.4), 0.92 * front * browCoverage(m, width * 1.3));
  color *= 1.0 - front * lidShade(m, width);
  color *= 1.0 - 0.75 * nostrilCoverage(m, width);
  color *= 1.0 - 0.75 * front * moleCoverage(p, width);
  color = mix(color, face.skin.rgb * vec3f(1.25, 0.85, 0.8) + 0.03, 0.8 * front * scarCoverage(p, width));
  return mix(color, vec3f(face.shirtRed, face.shirtGreen, face.shirtBlue) * 0.8, collarCoverage(m, width));
}

fn hairPaint(p : vec3f) -> vec3f {
  let strands = valueNoise(vec2f(p.x * 24.0 + p.z * 9.0, p.y * 5.0 + p.z * 4.0));
  return face.hair.rgb * (0.7 + 0.6 * strands);
}
