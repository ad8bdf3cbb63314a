// Writes x into a region of out:  out[destination(i)] = x[i]
//
// Concatenation launches it once per part; together the parts cover out.
// Prelude   alias T, WG, SIZE (elements of x), fn destination(i : u32) -> u32.
// Dispatch  one invocation per element of x.
@group(0) @binding(0) var<storage, read_write> out : array<T>;
@group(0) @binding(1) var<storage, read> x : array<T>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u, @builtin(local_invocation_index) lane : u32) {
  let i = (group.y * groups.x + group.x) * WG + lane;
  if (i < SIZE) {
    out[destination(i)] = x[i];
  }
}
