// The mean of a rank's part over all ranks, summed in f32 and in the order of the ranks, so that the bits do not depend
// on what arrived first:
//
//   mean[i] = encode(SHARE · Σ_r decode(part of rank r [i]))
//
// Memory    received: (RANKS − 1) · PART vectors W, what the other ranks sent; sent: what pack.wgsl wrote, its last
//           part is this rank's own; mean: PART vectors W.
// Tile      one thread for each vector of mean.
// Prelude   slots.wgsl; words.wgsl or halves.wgsl; SHARE = 1 / RANKS.
// Dispatch  x·y = linear workgroups over PART.
@group(0) @binding(0) var<storage, read_write> mean : array<W>;
@group(0) @binding(1) var<storage, read> received : array<W>;
@group(0) @binding(2) var<storage, read> sent : array<W>;

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) groups : vec3u,
  @builtin(local_invocation_index) thread : u32,
) {
  let i = vectorOf(group, groups, thread);
  if (i >= PART) {
    return;
  }
  var sum = vec4f();
  for (var rank = 0u; rank < RANKS; rank++) {
    if (rank == RANK) {
      sum += decode(sent[(RANKS - 1u) * PART + i]);
    } else {
      sum += decode(received[slot(rank) * PART + i]);
    }
  }
  mean[i] = encode(SHARE * sum);
}
