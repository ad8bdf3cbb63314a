// Rows of unit length:  out[r] = x[r] / max(|x[r]|, EPS)
//
// Layout    x, out [ROWS, C] as V (vec4f or f32).
// Prelude   as cosine.wgsl.
// Dispatch  one workgroup per row.
@group(0) @binding(0) var<storage, read_write> out : array<V>;
@group(0) @binding(1) var<storage, read> x : array<V>;

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) groups : vec3u,
  @builtin(local_invocation_index) thread : u32,
) {
  let row = group.y * groups.x + group.x;
  if (row >= arrayLength(&x) / WIDTH) {
    return;
  }
  var squares = V(0.0);
  for (var i = thread; i < WIDTH; i += WG) {
    let value = x[row * WIDTH + i];
    squares += value * value;
  }
  let sums = total(squares, V(0.0), thread);
  let length = atLeast(sqrt(fold(sums[0])), EPS);
  for (var i = thread; i < WIDTH; i += WG) {
    out[row * WIDTH + i] = x[row * WIDTH + i] / length;
  }
}
