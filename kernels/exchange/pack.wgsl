// Puts the numbers of a bucket into the form in which they travel, and the parts of the other ranks first:
//
//   sent[slot(p) · PART + i] = encode(x[p · PART + i])      the own part: slot RANKS − 1
//
// Memory    x: SIZE vectors of four f32; sent: RANKS · PART vectors W. Past the end of x there are zeros.
// Tile      one thread for each vector of sent.
// Prelude   slots.wgsl; words.wgsl or halves.wgsl, with encode.
// Dispatch  x·y = linear workgroups over RANKS · PART.
@group(0) @binding(0) var<storage, read_write> sent : array<W>;
@group(0) @binding(1) var<storage, read> x : array<vec4f>;

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) groups : vec3u,
  @builtin(local_invocation_index) thread : u32,
) {
  let i = vectorOf(group, groups, thread);
  if (i >= RANKS * PART) {
    return;
  }
  let part = i / PART;
  let to = select(slot(part), RANKS - 1u, part == RANK);
  var v = vec4f();
  if (i < SIZE) {
    v = x[i];
  }
  sent[to * PART + i % PART] = encode(v);
}
