// Puts the means of all parts of a bucket where the numbers were:
//
//   x[p · PART + i] = decode(mean of part p [i])
//
// Memory    x: SIZE vectors of four f32; others: (RANKS − 1) · PART vectors W, the means of the other ranks' parts;
//           mean: PART vectors W, what mean.wgsl wrote here. Every rank decodes the same bits.
// Tile      one thread for each vector of x.
// Prelude   slots.wgsl; words.wgsl or halves.wgsl, with decode.
// Dispatch  x·y = linear workgroups over SIZE.
@group(0) @binding(0) var<storage, read_write> x : array<vec4f>;
@group(0) @binding(1) var<storage, read> others : array<W>;
@group(0) @binding(2) var<storage, read> mean : array<W>;

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) groups : vec3u,
  @builtin(local_invocation_index) thread : u32,
) {
  let i = vectorOf(group, groups, thread);
  if (i >= SIZE) {
    return;
  }
  let part = i / PART;
  if (part == RANK) {
    x[i] = decode(mean[i % PART]);
  } else {
    x[i] = decode(others[slot(part) * PART + i % PART]);
  }
}
