// The two heads of each picture: for each head h (0 the face F, 1 the carrier C) and base vertex v
//   heads[n, h, v] = base[v] + 0.001 Σ_t weights[n, h, t] delta[t, v]
//
// Layout    weights [batch, 2, TARGETS] f32, heads [batch, 2, VERTICES] vec4f (w = 0). `morphs` in words: VERTICES + 1
//           starts of entries; 3 floats of each base vertex; entries of 2 words: target | dx << 16, dy | dz << 16, the
//           moves as i16 in thousandths of a decimetre. The entries of a vertex lie together, in order of target, so a
//           thread adds its own sums in a fixed order.
// Tile      one thread per base vertex and picture, for both heads, because the entries are read once for both. The
//           weights of the picture lie in workgroup memory: 2 · TARGETS floats.
// Prelude   VERTICES, TARGETS. Dispatch: [ceil(VERTICES / 64), batch].
@group(0) @binding(0) var<storage, read> weights : array<f32>;
@group(0) @binding(1) var<storage, read> morphs : array<u32>;
@group(0) @binding(2) var<storage, read_write> heads : array<vec4f>;

var<workgroup> pairs : array<vec2f, TARGETS>;

@compute @workgroup_size(64)
fn main(
  @builtin(global_invocation_id) id : vec3u,
  @builtin(local_invocation_index) thread : u32,
  @builtin(workgroup_id) group : vec3u,
) {
  let picture = group.y;
  let row = picture * 2u * TARGETS;
  for (var t = thread; t < TARGETS; t += 64u) {
    pairs[t] = vec2f(weights[row + t], weights[row + TARGETS + t]);
  }
  workgroupBarrier();
  let v = id.x;
  if (v >= VERTICES) {
    return;
  }
  var face = vec3f(0.0);
  var carrier = vec3f(0.0);
  let entries = 4u * VERTICES + 1u; // after the starts and the base
  let end = morphs[v + 1u];
  for (var e = morphs[v]; e < end; e++) {
    let a = morphs[entries + 2u * e];
    let b = morphs[entries + 2u * e + 1u];
    let move_ = vec3f(f32(bitcast<i32>(a) >> 16u), f32(bitcast<i32>(b << 16u) >> 16u), f32(bitcast<i32>(b) >> 16u));
    let pair = pairs[a & 0xffffu];
    face += pair.x * move_;
    carrier += pair.y * move_;
  }
  let at = VERTICES + 1u + 3u * v;
  let base = vec3f(bitcast<f32>(morphs[at]), bitcast<f32>(morphs[at + 1u]), bitcast<f32>(morphs[at + 2u]));
  heads[picture * 2u * VERTICES + v] = vec4f(base + 0.001 * face, 0.0);
  heads[(picture * 2u + 1u) * VERTICES + v] = vec4f(base + 0.001 * carrier, 0.0);
}
