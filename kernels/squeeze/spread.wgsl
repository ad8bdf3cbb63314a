// Part: sums over the pixels of a sample by its workgroup: invocations are WG / GROUPS rows times GROUPS channel groups of four. And which of its vectors are whose to
// write, where SLICES workgroups share it.
// Limits    its callers need more bindings than WebGPU's default.
// Prelude   layers.wgsl; ROWS; GROUPS = C / 4, a power of two up to WG; SLICES; AT_ONCE = vectors of each image that an invocation has in flight.
const SIZE = ROWS * GROUPS;
const OWN = ((SIZE + WG - 1u) / WG + SLICES - 1u) / SLICES * WG; // vectors of a slice: whole turns of the workgroup, so that an invocation keeps its channels
var<workgroup> rowSums : array<vec4f, WG>;

fn firstOf(slice : u32, lane : u32) -> u32 {
  return slice * OWN + lane;
}

fn endOf(slice : u32) -> u32 {
  return min((slice + 1u) * OWN, SIZE);
}

/** Puts the sums of all invocations' `mine`, times `factor`, into `channels`. */
fn spreadSums(mine : vec4f, factor : f32, lane : u32) {
  rowSums[lane] = mine;
  workgroupBarrier();
  for (var half = WG / 2u; half >= GROUPS; half /= 2u) {
    if (lane < half) {
      rowSums[lane] += rowSums[lane + half];
    }
    workgroupBarrier();
  }
  if (lane < GROUPS) {
    let sum = rowSums[lane] * factor;
    for (var j = 0u; j < 4u; j++) {
      channels[lane * 4u + j] = sum[j];
    }
  }
}

/** The values of channel group `c`. */
fn channelsAt(c : u32) -> vec4f {
  return vec4f(channels[c * 4u], channels[c * 4u + 1u], channels[c * 4u + 2u], channels[c * 4u + 3u]);
}
