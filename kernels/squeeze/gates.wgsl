// The gates of squeeze and excitation, from channel sums:  gates[n] = σ(prelu(mean[n] · w1 + b1) · w2 + b2), mean = Σ over k of sums[n, k] / ROWS
//
// A few thousand products per sample: one workgroup does a sample, and the two small matrices cost one launch instead of five.
// Layout    sums [N, CHUNKS, C], w1 [C, HIDDEN], w2 [HIDDEN, C]; gates [N, C]; hidden [N, HIDDEN] before the PReLU, kept for the gradient. All f32.
// Prelude   WG, C, HIDDEN, LANES = WG / (HIDDEN rounded up to a power of two), at least 1; FACTOR = 1 / ROWS.
// Dispatch  one workgroup per sample.
@group(0) @binding(0) var<storage, read_write> gates : array<f32>;
@group(0) @binding(1) var<storage, read_write> hidden : array<f32>;
@group(0) @binding(2) var<storage, read> sums : array<f32>;
@group(0) @binding(3) var<storage, read> w1 : array<f32>;
@group(0) @binding(4) var<storage, read> b1 : array<f32>;
@group(0) @binding(5) var<storage, read> slope : array<f32>;
@group(0) @binding(6) var<storage, read> w2 : array<f32>;
@group(0) @binding(7) var<storage, read> b2 : array<f32>;

var<workgroup> means : array<f32, C>;
var<workgroup> parts : array<f32, LANES * HIDDEN>;
var<workgroup> fired : array<f32, HIDDEN>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u, @builtin(local_invocation_index) lane : u32) {
  let n = group.x;
  let chunks = arrayLength(&sums) / (groups.x * C);
  for (var c = lane; c < C; c += WG) {
    var sum = 0.0;
    for (var k = 0u; k < chunks; k++) {
      sum += sums[(n * chunks + k) * C + c];
    }
    means[c] = sum * FACTOR;
  }
  workgroupBarrier();
  // LANES invocations share a hidden value: each adds every LANES-th product.
  for (var i = lane; i < LANES * HIDDEN; i += WG) {
    var sum = 0.0;
    for (var c = i / HIDDEN; c < C; c += LANES) {
      sum += means[c] * w1[c * HIDDEN + i % HIDDEN];
    }
    parts[i] = sum;
  }
  workgroupBarrier();
  for (var j = lane; j < HIDDEN; j += WG) {
    var sum = b1[j];
    for (var k = 0u; k < LANES; k++) {
      sum += parts[k * HIDDEN + j];
    }
    hidden[n * HIDDEN + j] = sum;
    fired[j] = select(sum * slope[0], sum, sum > 0.0);
  }
  workgroupBarrier();
  for (var c = lane; c < C; c += WG) {
    var sum = b2[c];
    for (var j = 0u; j < HIDDEN; j++) {
      sum += fired[j] * w2[j * C + c];
    }
    gates[n * C + c] = 1.0 / (1.0 + exp(-sum));
  }
}
