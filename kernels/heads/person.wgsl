// Part: the parameters of one mesh head: what `people.wgsl` draws from the two integers, one struct per picture.
//
// Memory layout: vec4f members only, so the struct has no padding. Angles are radians, lengths decimetres, colours
// linear light. Styles are numbers of the asset's layers. Every member says in its comment whether identity (i) or
// attributes (a) decide it, where swaps are exact; packages/faces/src/heads/people/factors.ts has the other split.

struct Person {
  pose : vec4f, // a: yaw, pitch, roll of the head; w: how far each eye turns towards the nose
  gaze : vec4f, // a: gaze to the right and up in the head; z: distance of the camera; w: eye-mouth length in pictures
  frame : vec4f, // a: shift of the picture x, y; zoom of the background; seed of noise
  key : vec4f, // a: unit vector to the key light; w: radius of its penumbra in texels of the shadow map
  keyColor : vec4f, // a: rgb; w: share of the environment
  environment : vec4f, // a: layer, turn about y, gain (share included), blur of the background (level of the pyramid)
  irradiance : array<vec4f, 9>, // a: spherical harmonics of the turned environment, gain included, over pi
  tone : vec4f, // a: optical density of the skin; w (i): gain of the two inner scans
  skin : vec4f, // i: layer of scan A, of scan B, share of B; w (a): roughness
  outerSkin : vec4f, // a: the same of the skin around the face; w: gain
  marks : vec4f, // i: blush, dark circles, freckles, seed of blotches
  moles : array<vec4f, 8>, // i: x, y on the mean head, radius (not positive: none), unused
  lip : vec4f, // a: colour; w: strength of lipstick
  hair : vec4f, // a: colour; w: style (0 bald, else 1 + number of the hair style)
  style : vec4f, // i: brows, lashes, irises; w (a): height of the cut all around
  fringe : vec4f, // a: height, slant; z: stubble; w: shine
  brow : vec4f, // a: colour; w (i): strength
  iris : vec4f, // i: tint; w: saturation
  cloth : vec4f, // a: colour; w: height of the neckline
  back : vec4f, // a: first colour of a plain background; w: 1 if it is plain
  back2 : vec4f, // a: second colour; w: 1 for patches, 0 for a slope
  sensor : vec4f, // a: exposure, noise, vignette, saturation
  balance : vec4f, // a: white balance; w: contrast
  glasses : vec4f, // a: kind (0 none), size, lens darkness, unused
  glassesColor : vec4f, // a: rgb of the frame
  hat : vec4f, // a: rgb; w: 0 none, else height of the brim
  occluder : vec4f, // a: kind (0 none, 1 disc, 2 bar, 3 hand), x, y in pictures from the centre, y down, angle
  occluderColor : vec4f, // a: rgb; w: size in pictures: radius of a disc
  descent : vec4f, // i: shares of the three descents; w: male share of the identity
  about : vec4f, // age share (i), melanin (a), male share and age share of the carrier (a)
  paint : vec4f, // a: rgb of stripes painted across the face; w: how much of the skin they hide, 0 none
  stripes : vec4f, // a: x, y their direction on the mean head, in stripes a dm; unused
}
