// Part: sums over the pixels of a sample by one workgroup, and the slice of pixels that each of SLICES workgroups
// writes.
//
// Threads form WG / GROUPS rows of GROUPS threads, one for each vector of four channels.
// Needs     more bindings than WebGPU's default, because the kernels that use it do.
// Prelude   layers.wgsl; ROWS; GROUPS = C / 4, a power of two up to WG; SLICES; AT_ONCE = vectors of each image that a
//           thread loads at a time.
const SIZE = ROWS * GROUPS;
// Vectors of a slice: a multiple of WG, and so of GROUPS, so that a thread has the same channels in every slice.
const PER_SLICE = ((SIZE + WG - 1u) / WG + SLICES - 1u) / SLICES * WG;
var<workgroup> rowSums : array<vec4f, WG>;

fn firstOf(slice : u32, thread : u32) -> u32 {
  return slice * PER_SLICE + thread;
}

fn endOf(slice : u32) -> u32 {
  return min((slice + 1u) * PER_SLICE, SIZE);
}

/** Adds `mine` over all threads with the same channels and writes the sums, times `factor`, into `channels`. */
fn sumSample(mine : vec4f, factor : f32, thread : u32) {
  rowSums[thread] = mine;
  workgroupBarrier();
  for (var half = WG / 2u; half >= GROUPS; half /= 2u) {
    if (thread < half) {
      rowSums[thread] += rowSums[thread + half];
    }
    workgroupBarrier();
  }
  if (thread < GROUPS) {
    let sum = rowSums[thread] * factor;
    for (var j = 0u; j < 4u; j++) {
      channels[thread * 4u + j] = sum[j];
    }
  }
}

/** The values of channel group `c`. */
fn channelsAt(c : u32) -> vec4f {
  return vec4f(channels[c * 4u], channels[c * 4u + 1u], channels[c * 4u + 2u], channels[c * 4u + 3u]);
}
