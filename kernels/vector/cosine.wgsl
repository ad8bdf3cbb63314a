// Cosines of pairs of rows, and what their gradient needs:
//   cosine = a · b / (|a| |b|)        cross = 1 / (|a| |b|)        ownA = cosine / |a|²        ownB = cosine / |b|²
// A length below EPS is replaced by the constant EPS, so that its ownA or ownB is 0. The gradient is
//   ∂cosine/∂a = b · cross − a · ownA
//
// Layout    a, b [ROWS, C] as V (vec4f or f32); the results [ROWS].
// Prelude   alias V; WG; BLOCK = 1 and a part norm/total*.wgsl, with their constants; atLeast.wgsl;
//           WIDTH = C / width of V; EPS; fn fold(v : V) -> f32, the sum of components.
// Dispatch  one workgroup per row.
@group(0) @binding(0) var<storage, read_write> cosine : array<f32>;
@group(0) @binding(1) var<storage, read_write> cross : array<f32>;
@group(0) @binding(2) var<storage, read_write> ownA : array<f32>;
@group(0) @binding(3) var<storage, read_write> ownB : array<f32>;
@group(0) @binding(4) var<storage, read> a : array<V>;
@group(0) @binding(5) var<storage, read> b : array<V>;

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) groups : vec3u,
  @builtin(local_invocation_index) thread : u32,
) {
  let row = group.y * groups.x + group.x;
  if (row >= arrayLength(&cosine)) {
    return;
  }
  var product = V(0.0);
  var squaresA = V(0.0);
  var squaresB = V(0.0);
  for (var i = thread; i < WIDTH; i += WG) {
    let x = a[row * WIDTH + i];
    let y = b[row * WIDTH + i];
    product += x * y;
    squaresA += x * x;
    squaresB += y * y;
  }
  let lengths = total(squaresA, squaresB, thread);
  let along = total(product, V(0.0), thread);
  if (thread == 0u) {
    let lengthA = sqrt(fold(lengths[0]));
    let lengthB = sqrt(fold(lengths[1]));
    let boundA = atLeast(lengthA, EPS);
    let boundB = atLeast(lengthB, EPS);
    let value = fold(along[0]) / (boundA * boundB);
    cosine[row] = value;
    cross[row] = 1.0 / (boundA * boundB);
    ownA[row] = select(0.0, value / (boundA * boundA), lengthA >= EPS);
    ownB[row] = select(0.0, value / (boundB * boundB), lengthB >= EPS);
  }
}
