// Part: the parameters of one face: what `draw.wgsl` writes and `render.wgsl` reads, one struct per image.
//
// Memory layout: FACE_FLOATS f32 per image. First the derived values (DERIVED_FLOATS of them: matrices and colours that
// would cost every pixel the same trigonometry), then one f32 per row of the factor table in
// packages/faces/src/sampling/factors.ts, in the same order and under the same names; a test checks that the two lists
// agree. All vec4f members stand before the f32 members, so the struct has no padding between members.
//
// Head space: x points to the viewer's right, y up, and z towards the viewer. The cranium has half axes of about 0.7
// (width) and 0.75 (height). The eyes lie near y = 0, the chin near y = -0.95. The camera is on the z axis at
// CAMERA_DISTANCE and looks at the origin.

const CAMERA_DISTANCE = 6.0;

struct Face {
  rowX : vec4f, // first row of the head-to-camera rotation; w: mouth corner rise (smile)
  rowY : vec4f, // second row; w: the height of the mouth line
  rowZ : vec4f, // third row; w: the height of the nose base
  light : vec4f, // unit vector to the key light in head space; w: mouth opening
  lightColor : vec4f, // rgb; w: ambient share
  skin : vec4f, // linear albedo; w: specular strength
  hair : vec4f, // linear albedo; w: half width of the mouth, smile included
  iris : vec4f, // linear albedo; w: eyelid opening as a share of the eye's half width
  lip : vec4f, // linear albedo; w: height of the chin

  // identity
  faceWidth : f32,
  jawWidth : f32,
  jawLength : f32,
  chinWidth : f32,
  chinForward : f32,
  cheek : f32,
  eyeDistance : f32,
  eyeHeight : f32,
  eyeSize : f32,
  eyeRound : f32,
  eyeSlant : f32,
  irisColor : f32,
  noseLength : f32,
  noseWidth : f32,
  noseForward : f32,
  noseTip : f32,
  noseBridge : f32,
  mouthWidth : f32,
  mouthDrop : f32,
  lipUpper : f32,
  lipLower : f32,
  browThickness : f32,
  browHeight : f32,
  browAngle : f32,
  browLength : f32,
  browArch : f32,
  moleX : f32,
  moleY : f32,
  moleSize : f32,
  secondMoleX : f32,
  secondMoleY : f32,
  secondMoleSize : f32,
  freckles : f32,
  freckleSeed : f32,
  scar : f32,
  scarX : f32,
  scarY : f32,
  scarAngle : f32,

  // attributes
  skinTone : f32,
  skinRed : f32,
  hairColor : f32,
  hairShade : f32,
  hairBald : f32,
  hairLine : f32,
  hairLength : f32,
  hairVolume : f32,
  hairPart : f32,
  hairFringe : f32,
  beard : f32,
  beardExtent : f32,
  lipRed : f32,
  earSize : f32,
  neckWidth : f32,
  shirtRed : f32,
  shirtGreen : f32,
  shirtBlue : f32,
  yaw : f32,
  pitch : f32,
  roll : f32,
  shiftX : f32,
  shiftY : f32,
  zoom : f32,
  mouthOpen : f32,
  smile : f32,
  browRaise : f32,
  lid : f32,
  gazeX : f32,
  gazeY : f32,
  lightAzimuth : f32,
  lightElevation : f32,
  ambient : f32,
  lightWarmth : f32,
  specular : f32,
  backgroundRed : f32,
  backgroundGreen : f32,
  backgroundBlue : f32,
  secondBackgroundRed : f32,
  secondBackgroundGreen : f32,
  secondBackgroundBlue : f32,
  backgroundPattern : f32,
  backgroundSeed : f32,
  glasses : f32,
  glassesSize : f32,
  occluder : f32,
  occluderX : f32,
  occluderY : f32,
  occluderAngle : f32,
  occluderColor : f32,
  sensorNoise : f32,
  contrast : f32,
}
