// The landmarks of each picture in pixels: base vertices of p, posed and projected. x right, y down, (0, 0) the upper
// left corner of the picture, so centres of pixels lie at + 0.5.
//
// Layout    heads [batch, 2, VERTICES] vec4f after join.wgsl, views [batch] View, size [1] f32: side of the picture in
//           pixels; points [batch, LANDMARKS] vec2f.
// Tile      one thread per landmark and picture.
// Prelude   tables.wgsl and its constants; view, pose; VERTICES, LANDMARKS. Dispatch: [ceil(LANDMARKS / 64), batch].
@group(0) @binding(1) var<storage, read> heads : array<vec4f>;
@group(0) @binding(2) var<storage, read> views : array<View>;
@group(0) @binding(3) var<storage, read> size : array<f32>;
@group(0) @binding(4) var<storage, read_write> points : array<vec2f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id : vec3u) {
  if (id.x >= LANDMARKS) {
    return;
  }
  let q = heads[id.y * 2u * VERTICES + tables[LANDMARKS_AT + id.x]].xyz;
  let view = &views[id.y];
  let head = mat3x3f((*view).headX.xyz, (*view).headY.xyz, (*view).headZ.xyz);
  let body = mat3x3f((*view).bodyX.xyz, (*view).bodyY.xyz, (*view).bodyZ.xyz);
  let ndc = seen((*view).eye, (*view).shift, posed(head, body, q)).xy;
  points[id.y * LANDMARKS + id.x] = (0.5 + vec2f(0.5, -0.5) * ndc) * size[0];
}
