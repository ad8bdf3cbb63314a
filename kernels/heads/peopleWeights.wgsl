// Weights of the morph targets of every head, from its values.
//
//   weight[side, t] = sum over the rules r of target t of  gain_r max(0, sign_r value[source_r, side])
//   side 0: the face that a swap transfers; side 1: the carrier, the head around it. Both wear the expression.
//
// Memory: `values` f32 [batch, VALUES]; `start` u32 [TARGETS + 1]: rules of target t are start[t] to start[t + 1];
// `rules` one vec4f (source of the face, source of the carrier, sign, gain) each, source -1: none
// (packages/faces/src/heads/people/rules.ts); `weights` f32 [batch, 2, TARGETS].
// Tile: one thread per target of a side. Preconditions: constants VALUES, TARGETS; people.wgsl has run.
// Dispatch: (ceil(TARGETS / 32), 2, batch).

@group(0) @binding(0) var<storage, read> values : array<f32>;
@group(0) @binding(1) var<storage, read> start : array<u32>;
@group(0) @binding(2) var<storage, read> rules : array<vec4f>;
@group(0) @binding(3) var<storage, read_write> weights : array<f32>;

@compute @workgroup_size(32)
fn main(@builtin(global_invocation_id) id : vec3u) {
  let target_ = id.x;
  let side = id.y;
  if (target_ >= TARGETS) {
    return;
  }
  var sum = 0.0;
  for (var r = start[target_]; r < start[target_ + 1u]; r++) {
    let rule = rules[r];
    let source = select(rule.y, rule.x, side == 0u);
    if (source >= 0.0) {
      sum += rule.w * max(0.0, rule.z * values[id.z * VALUES + u32(source)]);
    }
  }
  weights[(id.z * 2u + side) * TARGETS + target_] = sum;
}
