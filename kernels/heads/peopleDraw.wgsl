// Draws the rows of every mesh head of a batch from its two integers.
//
//   words = philox(counter = (index, number of the row, 0, 0), key = (SEED, stream)),
//   index = identity or attribute number of the picture
//   uniform: value = a + (b - a) u0
//   normal:  value = a + b clamp(sqrt(3) (u0 + u1 + u2 + u3 - 2), -2.2, 2.2)
//            (the sum of four uniform numbers has variance 1/3)
//   chance:  value = u0 < c ? a + (b - a) u1 : 0
//
// Memory: `identities`, `attributes` u32 [batch]; `table` one vec4f (a, b, c, code) per row with code = stream + 2
// shape + 8 number (packages/faces/src/heads/people/levels.ts); `values` f32 [batch, VALUES], of which this kernel
// writes the first DRAWN of each head.
// Tile: one thread per row of a head.
// Preconditions: constants SEED, DRAWN, VALUES. Parts before: philox. Dispatch: (ceil(DRAWN / 32), batch, 1).

@group(0) @binding(0) var<storage, read> identities : array<u32>;
@group(0) @binding(1) var<storage, read> attributes : array<u32>;
@group(0) @binding(2) var<storage, read> table : array<vec4f>;
@group(0) @binding(3) var<storage, read_write> values : array<f32>;

const IDENTITY_STREAM = 0x686964u; // "hid"
const ATTRIBUTE_STREAM = 0x686174u; // "hat"

@compute @workgroup_size(32)
fn main(@builtin(global_invocation_id) id : vec3u) {
  let row = id.x;
  let head = id.y;
  if (row >= DRAWN) {
    return;
  }
  let rule = table[row];
  let code = u32(rule.w);
  let isAttribute = (code & 1u) == 1u;
  let index = select(identities[head], attributes[head], isAttribute);
  let stream = select(IDENTITY_STREAM, ATTRIBUTE_STREAM, isAttribute);
  let u = unitFloat(philox(vec4u(index, code >> 3u, 0u, 0u), vec2u(SEED, stream)));
  var value = 0.0;
  switch ((code >> 1u) & 3u) {
    case 0u: {
      value = rule.x + (rule.y - rule.x) * u.x;
    }
    case 1u: {
      value = rule.x + rule.y * clamp(1.7320508 * (u.x + u.y + u.z + u.w - 2.0), -2.2, 2.2);
    }
    default: {
      value = select(0.0, rule.x + (rule.y - rule.x) * u.y, u.x < rule.z);
    }
  }
  values[head * VALUES + row] = value;
}
