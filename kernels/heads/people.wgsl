// Derives the person of every head from the values that peopleDraw.wgsl drew, and the values from which
// peopleWeights.wgsl computes weights: drives of the expression and shares of the macro targets.
//
// What is computed stands in packages/faces/src/heads/people/person.ts and derive.ts, line by line the same. Members of
// Person that identity decides read rows of the identity alone, the others rows of the attributes alone.
//
// Memory: `values` f32 [batch, VALUES] (drawn rows are read, DRIVES and later ones written); `options`,
// `environments`: see the parts; `people` [batch] Person.
// Tile: one thread per head. Preconditions: peopleDraw.wgsl has run; constants BATCH, ENVIRONMENTS, those of layout.ts,
// f32 TONE_0 to TONE_6, and FIRST and COUNT of SCANS, HAIR_STYLES, HAIR_COLORS, LIP_COLORS, BROWS, LASHES, IRISES.
// Parts before: person, peopleMixture, peopleLight. Dispatch: ceil(BATCH / 8).

@group(0) @binding(3) var<storage, read_write> people : array<Person>;

fn melaninOf(u : f32) -> f32 {
  let knots = array<f32, 7>(TONE_0, TONE_1, TONE_2, TONE_3, TONE_4, TONE_5, TONE_6);
  let place = clamp(u * 6.0, 0.0, 5.9999995);
  let k = u32(place);
  return mix(knots[k], knots[k + 1u], place - f32(k));
}

fn within(mood : f32, low : f32, high : f32, value : f32) -> f32 {
  return select(0.0, value, mood >= low && mood < high);
}

/** Drives of the expression, in the order of packages/faces/src/heads/people/expressions.ts. */
fn writeDrives() {
  let mood = drawn(MOOD);
  let s = drawn(MOOD_STRENGTH);
  let smile = within(mood, 0.0, 0.48, 0.8 * s);
  let browMood = drawn(BROW_MOOD);
  let b = drawn(BROW_MOOD_STRENGTH);
  let sides = vec2f(1.0 + drawn(TILT), 1.0 - drawn(TILT));
  let inner = sides * (0.16 + within(browMood, 0.38, 0.6, 0.8 * b));
  let up = sides * within(browMood, 0.0, 0.3, b);
  let down = sides * within(browMood, 0.3, 0.38, 0.7 * b);
  let closed = drawn(LIDS_CLOSED);
  let squint = sides * (max(0.0, -drawn(LIDS)) + 0.35 * smile);
  let wide = (0.12 + max(0.0, drawn(LIDS))) * (1.0 - closed);
  let open = within(mood, 0.48, 0.55, 0.45 * s) + select(0.0, drawn(SMILE_OPEN), smile > 0.0);
  let drives = array<f32, 19>(smile, smile * drawn(SMILE_TEETH), open, within(mood, 0.55, 0.62, 0.6 * s),
    within(mood, 0.62, 0.68, 0.8 * s), within(mood, 0.68, 0.73, 0.5 * s), within(mood, 0.73, 0.77, 0.5 * s), inner.x,
    inner.y, up.x, up.y, down.x, down.y, squint.x, squint.y, wide, wide, closed, closed);
  for (var k = 0u; k < 19u; k++) {
    values[head * VALUES + DRIVES + k] = drives[k];
  }
}

/** Two scans of skin that suit a person, share of the second, and gain: less for dark scans, which vary more. */
fn scansOf(row : u32, p : Population) -> vec4f {
  let dark = select(0.0, 1.0, p.descent.x > 0.5);
  let who = chooserOf(p, dark);
  let range = vec2u(SCANS_FIRST, SCANS_COUNT);
  let a = choose(range, drawn(row), who, NOBODY);
  let b = choose(range, drawn(row + 1u), who, a);
  return vec4f(f32(a), f32(b), drawn(row + 2u), drawn(row + 3u) * mix(1.0, 0.6, dark));
}

fn colorOf(grey : f32, row : u32) -> vec3f {
  let color = drawn3(row);
  return select(color, color.xxx, grey < 0.5);
}

fn writePose() {
  let turn = vec3f(drawn(YAW), drawn(PITCH), drawn(ROLL));
  let held = 0.7 * drawn(GAZE_HELD);
  let gaze = vec2f(clamp(drawn(GAZE_X) - held * turn.x, -28.0, 28.0), clamp(drawn(GAZE_Y) + held * turn.y, -12.0, 12.0));
  people[head].pose = vec4f(radians(turn), radians(drawn(CROSSING)));
  people[head].gaze = vec4f(radians(gaze), drawn(DISTANCE), drawn(SCALE));
  people[head].frame = vec4f(drawn(SHIFT_X), drawn(SHIFT_Y), drawn(BACK_ZOOM), drawn(NOISE_SEED));
}

fn writeLight(density : vec3f) {
  let light = keyLight();
  let layer = min(ENVIRONMENTS - 1u, u32(drawn(ENVIRONMENT) * f32(ENVIRONMENTS)));
  let turn = radians(drawn(ENVIRONMENT_TURN));
  let s = turnedEnvironment(layer, turn, drawn(ENVIRONMENT_CONTRAST));
  let gain = light.ambient / max(meteredLuminance(s), 1e-4);
  people[head].key = vec4f(light.direction, drawn(KEY_SOFTNESS));
  people[head].keyColor = vec4f(light.color, light.ambient);
  people[head].environment = vec4f(f32(layer), turn, gain, drawn(BACK_BLUR));
  for (var n = 0u; n < 9u; n++) {
    people[head].irradiance[n] = vec4f(s[n] * gain, 0.0);
  }
  let exposure = drawn(EXPOSURE) * exposureFor(density, light);
  people[head].sensor = vec4f(exposure, drawn(NOISE), drawn(VIGNETTE), drawn(SATURATION));
  let white = pow(whiteBalance(s), vec3f(light.ambient / (light.ambient + 0.6 * light.color.y)));
  let balance = vec3f(1.0 + drawn(BALANCE_RED), 1.0, 1.0 + drawn(BALANCE_BLUE)) * white;
  people[head].balance = vec4f(balance, drawn(CONTRAST));
}

fn stubble() -> f32 {
  let kind = drawn(BEARD);
  let strength = drawn(BEARD_STRENGTH);
  return select(select(0.0, 0.5 + 0.6 * strength, kind < 0.72), 0.1 + 0.25 * strength, kind < 0.45);
}

/** What the person wears on head and face, by nature or by choice. */
fn writeStyles(face : Population, carrier : Population) {
  let man = carrier.male > 0.5;
  let around = chooserOf(carrier, select(0.0, 1.0, carrier.descent.x > 0.5));
  let lip = chosenColor(vec2u(LIP_COLORS_FIRST, LIP_COLORS_COUNT), drawn(LIP_COLOR), around);
  people[head].lip = vec4f(lip, select(drawn(LIPSTICK), 0.0, man));
  let haired = chooserOf(carrier, 1.0 - carrier.descent.z);
  let hair = chosenColor(vec2u(HAIR_COLORS_FIRST, HAIR_COLORS_COUNT), drawn(HAIR_COLOR), haired) *
    (1.0 + drawn(HAIR_SHADE));
  let coiffed = chooserOf(carrier, carrier.descent.x);
  let style = choose(vec2u(HAIR_STYLES_FIRST, HAIR_STYLES_COUNT), drawn(HAIR_STYLE), coiffed, NOBODY);
  people[head].hair = vec4f(hair, f32(style));
  let styled = chooserOf(face, 1.0 - face.descent.z);
  let cut = drawn(HAIR_CUT);
  people[head].style = vec4f(f32(choose(vec2u(BROWS_FIRST, BROWS_COUNT), drawn(BROW_STYLE), styled, NOBODY)),
    f32(choose(vec2u(LASHES_FIRST, LASHES_COUNT), drawn(LASH_STYLE), styled, NOBODY)),
    f32(choose(vec2u(IRISES_FIRST, IRISES_COUNT), drawn(IRIS_STYLE), styled, NOBODY)), select(-100.0, cut, cut > 0.0));
  people[head].fringe = vec4f(drawn(FRINGE), drawn(FRINGE_SLANT), select(0.0, stubble(), man), drawn(SHINE));
  people[head].brow = vec4f(min(vec3f(0.1), 0.8 * hair + 0.004), drawn(BROW_STRENGTH));
  people[head].iris = vec4f(drawn(IRIS_LIGHT) * vec3f(drawn(IRIS_RED), 1.0, drawn(IRIS_BLUE)), drawn(IRIS_SATURATION));
}

fn writeThings() {
  people[head].cloth = vec4f(colorOf(drawn(CLOTH_GREY), CLOTH_RED), drawn(NECKLINE));
  let back = colorOf(drawn(BACK_GREY), BACK_RED);
  people[head].back = vec4f(back, drawn(BACK_FLAT));
  people[head].back2 = vec4f(select(drawn3(BACK_RED_2), 0.6 * back, drawn(BACK_SHADE) < 0.5), drawn(BACK_PATCHES));
  people[head].glasses = vec4f(floor(drawn(GLASSES)), drawn(GLASSES_SIZE), drawn(GLASSES_DARK), 0.0);
  people[head].glassesColor = vec4f(drawn3(GLASSES_RED), 0.0);
  people[head].hat = vec4f(colorOf(drawn(HAT_GREY), HAT_RED), drawn(HAT));
  people[head].occluder = vec4f(floor(drawn(OCCLUDER)), drawn(OCCLUDER_X), drawn(OCCLUDER_Y),
    radians(drawn(OCCLUDER_ANGLE)));
  people[head].occluderColor = vec4f(drawn3(OCCLUDER_RED), drawn(OCCLUDER_SIZE));
  let angle = radians(drawn(PAINT_ANGLE));
  people[head].paint = vec4f(0.03 + 0.7 * hueColor(drawn(PAINT_HUE)), drawn(PAINT));
  people[head].stripes = vec4f(vec2f(cos(angle), sin(angle)) / drawn(PAINT_WIDTH), 0.0, 0.0);
}

@compute @workgroup_size(8)
fn main(@builtin(global_invocation_id) id : vec3u) {
  head = id.x;
  if (head >= BATCH) {
    return;
  }
  let face = facePopulation();
  let carrier = carrierPopulation();
  writeMacros(FACE_MACROS, face);
  writeMacros(CARRIER_MACROS, carrier);
  writeDrives();
  writePose();
  let melanin = melaninOf(drawn(TONE));
  let density = vec3f(0.36, 0.82, 1.16) + melanin * vec3f(1.55, 2.05, 2.3) +
    drawn(TONE_BLOOD) * vec3f(0.0, 0.07, 0.05) + drawn(TONE_YELLOW) * vec3f(0.0, 0.0, 0.12);
  writeLight(density);
  let inner = scansOf(SCAN_A, face);
  people[head].tone = vec4f(density, inner.w);
  people[head].skin = vec4f(inner.xyz, drawn(ROUGH));
  people[head].outerSkin = scansOf(CARRIER_SCAN_A, carrier);
  people[head].marks = vec4f(drawn(BLUSH), drawn(CIRCLES) + 0.3 * face.age, drawn(FRECKLES), drawn(BLOTCH_SEED));
  for (var k = 0u; k < 8u; k++) {
    people[head].moles[k] = vec4f(drawn3(MOLES + 3u * k), 0.0);
  }
  writeStyles(face, carrier);
  writeThings();
  people[head].descent = vec4f(face.descent, face.male);
  people[head].about = vec4f(face.age, melanin, carrier.male, carrier.age);
}
