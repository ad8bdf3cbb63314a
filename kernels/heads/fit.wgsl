// The similarity that fits the face to the carrier on the seam, by least squares over scale and shift:
//   a = mean F, b = mean C, k = Σ (F − a)·(C − b) / Σ |F − a|²  over the seam;   F' = b + k (F − a)
//
// Layout    heads [batch, 2, VERTICES] vec4f; fits [batch, 2] vec4f: (a, k), (b, 0). The seam lies in `tables`.
// Tile      one workgroup a picture. Each thread adds every 256th vertex of the seam, then a tree adds the threads, so
//           the order of the sums is fixed.
// Prelude   tables.wgsl and its constants; VERTICES, SEAM (vertices of the seam). Dispatch: [batch].
@group(0) @binding(1) var<storage, read> heads : array<vec4f>;
@group(0) @binding(2) var<storage, read_write> fits : array<vec4f>;

var<workgroup> first : array<vec4f, 256>;
var<workgroup> second : array<vec4f, 256>;

/** Adds the rows of `first` and of `second`; the sums are in row 0. */
fn addUp(thread : u32) {
  for (var half = 128u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (thread < half) {
      first[thread] += first[thread + half];
      second[thread] += second[thread + half];
    }
  }
  workgroupBarrier();
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(local_invocation_index) thread : u32) {
  let face = group.x * 2u * VERTICES;
  let carrier = face + VERTICES;
  var sumF = vec4f(0.0);
  var sumC = vec4f(0.0);
  for (var s = thread; s < SEAM; s += 256u) {
    let v = tables[SEAM_AT + s];
    sumF += heads[face + v];
    sumC += heads[carrier + v];
  }
  first[thread] = sumF;
  second[thread] = sumC;
  addUp(thread);
  let a = first[0] / f32(SEAM);
  let b = second[0] / f32(SEAM);
  workgroupBarrier();
  var products = 0.0;
  var squares = 0.0;
  for (var s = thread; s < SEAM; s += 256u) {
    let v = tables[SEAM_AT + s];
    let u = heads[face + v].xyz - a.xyz;
    products += dot(u, heads[carrier + v].xyz - b.xyz);
    squares += dot(u, u);
  }
  first[thread] = vec4f(products, squares, 0.0, 0.0);
  second[thread] = vec4f(0.0);
  addUp(thread);
  if (thread == 0u) {
    fits[group.x * 2u] = vec4f(a.xyz, first[0].x / first[0].y);
    fits[group.x * 2u + 1u] = vec4f(b.xyz, 0.0);
  }
}
