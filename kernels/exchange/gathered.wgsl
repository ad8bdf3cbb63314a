// Replaces the numbers of a bucket by their means over all ranks, of which each has sent all of its numbers here.
// The sum is in f32 and in the order of the ranks, and the mean is rounded as if it had travelled. So every rank has
// the same bits, and those that mean.wgsl and unpack.wgsl give:
//
//   x[i] = decode(encode(SHARE · Σ_r decode(bucket of rank r [i])))
//
// Memory    x: SIZE vectors of four f32; received: (RANKS − 1) · SIZE vectors W, the buckets of the other ranks in
//           their order; sent: SIZE vectors W, the own one.
// Tile      one thread for each vector of x.
// Prelude   slots.wgsl; words.wgsl or halves.wgsl; SHARE = 1 / RANKS.
// Dispatch  x·y = linear workgroups over SIZE.
@group(0) @binding(0) var<storage, read_write> x : array<vec4f>;
@group(0) @binding(1) var<storage, read> received : array<W>;
@group(0) @binding(2) var<storage, read> sent : array<W>;

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
  var sum = vec4f();
  for (var rank = 0u; rank < RANKS; rank++) {
    if (rank == RANK) {
      sum += decode(sent[i]);
    } else {
      sum += decode(received[slot(rank) * SIZE + i]);
    }
  }
  x[i] = decode(encode(SHARE * sum));
}
