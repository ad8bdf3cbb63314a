// Copies between index spaces:  out[i] = x[source(i)], or FILL where source(i) says OUTSIDE
//
// One kernel serves permutations, slices, pixel shuffle and broadcasting copies: they differ only in the index function
// that the host generates with every extent as a constant.
// Prelude   alias T (element type), WG, SIZE (elements of out), const OUTSIDE = 0xffffffffu, FILL : T, fn source(i :
//           u32) -> u32.
// Dispatch  one thread per element of out.
@group(0) @binding(0) var<storage, read_write> out : array<T>;
@group(0) @binding(1) var<storage, read> x : array<T>;

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) groups : vec3u,
  @builtin(local_invocation_index) thread : u32,
) {
  let i = (group.y * groups.x + group.x) * WG + thread;
  if (i >= SIZE) {
    return;
  }
  let at = source(i);
  var value = FILL;
  if (at != OUTSIDE) {
    value = x[at];
  }
  out[i] = value;
}
