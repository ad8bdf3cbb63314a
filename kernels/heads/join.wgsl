// Sets the fitted face into the carrier, and moves both so that the mean of the carrier's seam lies at r, where it is
// on the mean head: targets of sex, age and descent lift a head by up to 1.5 dm, as whole bodies they are taller.
//   C' = C − (b − r),   p = C' + w (r + k (F − a) − C'),   and p = C', bit for bit, where w = 0
//
// Layout    heads [batch, 2, VERTICES] vec4f: rows F, C before, p, C' after. fits: see fit.wgsl.
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
  let rest = bitcast<vec3f>(vec3u(tables[REST_AT], tables[REST_AT + 1u], tables[REST_AT + 2u]));
  let carrier = heads[at + VERTICES].xyz - (fits[id.y * 2u + 1u].xyz - rest);
  heads[at + VERTICES] = vec4f(carrier, 0.0);
  let window = bitcast<f32>(tables[WINDOWS_AT + v]);
  if (window == 0.0) {
    heads[at] = vec4f(carrier, 0.0);
    return;
  }
  let a = fits[id.y * 2u];
  let fitted = rest + a.w * (heads[at].xyz - a.xyz);
  heads[at] = vec4f(carrier + window * (fitted - carrier), 0.0);
}
