// Part: what a person is a mixture of, and what kind of person chooses which style.
//
//   descent share_k = e_k / sum e,  e_k = (-ln(1 - u_k))^2.2 pull_k       mostly one descent, sometimes two
//   macro share     = product of the shares of descent, sex and age, and of sex, age, muscle and weight
//   choice          = the first option k with  sum of weights up to k > u sum of all weights,
//   weight          = mix(woman, man, male) mix(light, dark, dark) dot(ages, (young, middle, old))
//
// Memory: `values` f32 [batch, VALUES], of which `head` VALUES is the row at hand; `options` three vec4f each: (woman,
// man, light, dark), (young, middle, old, unused), colour (packages/faces/src/heads/people/choices.ts).
// A library part: no entry point. Preconditions: the constants of packages/faces/src/heads/people/layout.ts.

@group(0) @binding(0) var<storage, read_write> values : array<f32>;
@group(0) @binding(1) var<storage, read> options : array<vec4f>;

var<private> head : u32;

fn drawn(row : u32) -> f32 {
  return values[head * VALUES + row];
}

fn drawn3(row : u32) -> vec3f {
  return vec3f(drawn(row), drawn(row + 1u), drawn(row + 2u));
}

struct Population {
  descent : vec3f, // african, asian, caucasian
  male : f32,
  age : f32, // share of the old targets
  weight : f32, // -1 to 1
  muscle : f32,
}

fn descentShares(u : vec3f, pull : vec3f) -> vec3f {
  let parts = pow(max(-log(1.0 - u), vec3f(1e-9)), vec3f(2.2)) * pull;
  return parts / (parts.x + parts.y + parts.z);
}

/** How much each descent goes with a tone rank in [0, 1), 0 the lightest skin. */
fn descentPull(rank : f32) -> vec3f {
  return vec3f(0.01 + smoothstep(0.35, 0.9, rank),
    0.01 + 0.38 * (1.0 - smoothstep(0.5, 1.0, rank)) * (0.25 + smoothstep(0.0, 0.45, rank)),
    0.01 + 1.0 - smoothstep(0.1, 0.75, rank));
}

fn maleShare(sex : f32, spread : f32) -> f32 {
  return saturate(0.5 + 0.4 * sign(sex - 0.5) + spread);
}

fn facePopulation() -> Population {
  return Population(descentShares(drawn3(AFRICAN), vec3f(1.0)), maleShare(drawn(SEX), drawn(SEX_SPREAD)), drawn(AGE),
    clamp(drawn(WEIGHT), -1.0, 1.0), clamp(drawn(MUSCLE), -1.0, 1.0));
}

fn carrierPopulation() -> Population {
  return Population(descentShares(drawn3(CARRIER_AFRICAN), descentPull(drawn(TONE))),
    maleShare(drawn(CARRIER_SEX), drawn(CARRIER_SEX_SPREAD)), drawn(CARRIER_AGE),
    clamp(drawn(CARRIER_WEIGHT), -1.0, 1.0), clamp(drawn(CARRIER_MUSCLE), -1.0, 1.0));
}

fn amounts(x : f32) -> vec3f {
  return vec3f(max(0.0, -x), 1.0 - abs(x), max(0.0, x));
}

/** Writes the 12 shares of descent and the 36 of build, in the order of packages/faces/src/heads/people/macros.ts. */
fn writeMacros(part : u32, p : Population) {
  let first = head * VALUES + part;
  let muscles = amounts(p.muscle);
  let weights = amounts(p.weight);
  for (var k = 0u; k < 4u; k++) {
    let share = select(1.0 - p.male, p.male, k < 2u) * select(p.age, 1.0 - p.age, (k & 1u) == 0u);
    for (var n = 0u; n < 3u; n++) {
      values[first + 4u * n + k] = p.descent[n] * share;
    }
    for (var n = 0u; n < 9u; n++) {
      values[first + 12u + 9u * k + n] = share * muscles[n / 3u] * weights[n % 3u];
    }
  }
}

struct Chooser {
  male : f32, // 0 woman, 1 man
  dark : f32,
  ages : vec3f,
}

fn chooserOf(p : Population, dark : f32) -> Chooser {
  let stage = p.age / 0.9;
  return Chooser(select(0.0, 1.0, p.male > 0.5), dark,
    vec3f(max(0.0, 1.0 - 2.0 * stage), 1.0 - abs(2.0 * stage - 1.0), max(0.0, 2.0 * stage - 1.0)));
}

fn optionWeight(option : u32, who : Chooser) -> f32 {
  let kind = options[3u * option];
  return mix(kind.x, kind.y, who.male) * mix(kind.z, kind.w, who.dark) * dot(who.ages, options[3u * option + 1u].xyz);
}

/** The chosen one of `range` = (first option, number of options), counted in its choice. `skip` is left out. */
fn choose(range : vec2u, u : f32, who : Chooser, skip : u32) -> u32 {
  var sum = 0.0;
  for (var k = 0u; k < range.y; k++) {
    sum += select(optionWeight(range.x + k, who), 0.0, k == skip);
  }
  var left = u * sum;
  var last = 0u;
  for (var k = 0u; k < range.y; k++) {
    let weight = select(optionWeight(range.x + k, who), 0.0, k == skip);
    left -= weight;
    if (left < 0.0) {
      return k;
    }
    if (weight > 0.0) {
      last = k;
    }
  }
  return last;
}

fn chosenColor(range : vec2u, u : f32, who : Chooser) -> vec3f {
  return options[3u * (range.x + choose(range, u, who, NOBODY)) + 2u].xyz;
}

const NOBODY = 0xffffffffu;
