// Sets the fitted face into the carrier:  p = C + w (b + k (F − a) − C), and p = C, bit for bit, where w = 0.
//
// Layout    heads [batch, 2, VERTICES] vec4f: row 0 holds F before and p after; row 1 is C. fits: see fit.wgsl.
// Tile      one thread per base vertex and picture.
// Prelude   tables.wgsl and its constants; VERTICES. Dispatch: [ceil(VERTICES / 64), batch].
@group(0) @binding(1) var<storage, read> fits : array<vec4f>;
@group(0) @binding(2) var<storage, read_write> heads : array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id : vec3u) {
  let v = id.x;
  if (v >= VERTICES) {
    return;
  }
  let at = id.y * 2u * VERTICES + v;
  let window = bitcast<f32>(tables[WINDOWS_AT + v]);
  let carrier = heads[at + VERTICES];
  if (window == 0.0) {
    heads[at] = carrier;
    return;
  }
  let a = fits[id.y * 2u];
  let fitted = fits[id.y * 2u + 1u].xyz + a.w * (heads[at].xyz - a.xyz);
  heads[at] = vec4f(carrier.xyz + window * (fitted - carrier.xyz), 0.0);
}
