// Running statistics of batch norm, in place:
//   mean ← (1 − MOMENTUM) · mean + MOMENTUM · batch mean        var ← (1 − MOMENTUM) · var + MOMENTUM · UNBIASED · batch variance
//
// Layout    mean, variance [C]; stats [4, C] from mergeMoments.wgsl.
// Prelude   WG, CHANNELS; MOMENTUM, UNBIASED = rows / (rows − 1) : f32.
// Dispatch  one invocation per channel.
@group(0) @binding(0) var<storage, read_write> mean : array<f32>;
@group(0) @binding(1) var<storage, read_write> variance : array<f32>;
@group(0) @binding(2) var<storage, read> stats : array<f32>;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) id : vec3u) {
  let c = id.x;
  if (c < CHANNELS) {
    mean[c] = (1.0 - MOMENTUM) * mean[c] + MOMENTUM * stats[c];
    variance[c] = (1.0 - MOMENTUM) * variance[c] + MOMENTUM * UNBIASED * stats[CHANNELS + c];
  }
}
