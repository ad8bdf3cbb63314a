// Draws the factors of every face of a batch from its two integers.
//
//   words = philox(counter = (index, row, 0, 0), key = (SEED, stream)),
//   index = identity or attribute number of the image
//   uniform: value = a + (b - a) u0
//   normal:  value = a + b clamp(sqrt(3) (u0 + u1 + u2 + u3 - 2), -2, 2)
//            (the sum of four uniform numbers has variance 1/3)
//   chance:  value = u0 < c ? a + (b - a) u1 : 0
//
// Memory: `identities`, `attributes` u32 [batch]; `table` one vec4f (a, b, c, code) per factor with code = stream + 2
// shape (rows of packages/faces/src/sampling/factors.ts); `faces` f32 [batch, FACE_FLOATS], of which this kernel writes
// the factors.
// Tile: one thread per factor of an image.
// Preconditions: constants SEED, FACTORS, FACE_FLOATS, DERIVED_FLOATS. Parts before: philox.
// Dispatch: (ceil(FACTORS / 8), batch, 1).

@group(0) @binding(0) var<storage, read> identities : array<u32>;
@group(0) @binding(1) var<storage, read> attributes : array<u32>;
@group(0) @binding(2) var<storage, read> table : array<vec4f>;
@group(0) @binding(3) var<storage, read_write> faces : array<f32>;

const IDENTITY_STREAM = 0x6964u; // "id"
const ATTRIBUTE_STREAM = 0x617474u; // "att"

@compute @workgroup_size(8)
fn main(@builtin(global_invocation_id) id : vec3u) {
  let row = id.x;
  let image = id.y;
  if (row >= FACTORS) {
    return;
  }
  let rule = table[row];
  let code = u32(rule.w);
  let isAttribute = (code & 1u) == 1u;
  let index = select(identities[image], attributes[image], isAttribute);
  let stream = select(IDENTITY_STREAM, ATTRIBUTE_STREAM, isAttribute);
  let u = unitFloat(philox(vec4u(index, row, 0u, 0u), vec2u(SEED, stream)));
  var value = 0.0;
  switch (code >> 1u) {
    case 0u: {
      value = rule.x + (rule.y - rule.x) * u.x;
    }
    case 1u: {
      value = rule.x + rule.y * clamp(1.7320508 * (u.x + u.y + u.z + u.w - 2.0), -2.0, 2.0);
    }
    default: {
      value = select(0.0, rule.x + (rule.y - rule.x) * u.y, u.x < rule.z);
    }
  }
  faces[image * FACE_FLOATS + DERIVED_FLOATS + row] = value;
}
