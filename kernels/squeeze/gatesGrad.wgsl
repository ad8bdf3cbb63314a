// Gradient of gates.wgsl with respect to the image, as a constant per sample and channel:
//   e = dgate · gate (1 − gate)        d = prelu′(hidden) · (e · w2ᵀ)        out[n] = (d · w1ᵀ) / ROWS, with dgate = Σ over k of parts[n, k]
//
// Layout    parts [N, CHUNKS, C] from tailGrad.wgsl; gates [N, C] and hidden [N, HIDDEN] from gates.wgsl; w1 [C, HIDDEN], w2 [HIDDEN, C]; out [N, C]. All f32.
// Prelude   as gates.wgsl.
// Dispatch  one workgroup per sample.
@group(0) @binding(0) var<storage, read_write> out : array<f32>;
@group(0) @binding(1) var<storage, read> parts : array<f32>;
@group(0) @binding(2) var<storage, read> gates : array<f32>;
@group(0) @binding(3) var<storage, read> hidden : array<f32>;
@group(0) @binding(4) var<storage, read> w1 : array<f32>;
@group(0) @binding(5) var<storage, read> slope : array<f32>;
@group(0) @binding(6) var<storage, read> w2 : array<f32>;

var<workgroup> errors : array<f32, C>;
var<workgroup> partial : array<f32, LANES * HIDDEN>;
var<workgroup> blamed : array<f32, HIDDEN>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u, @builtin(local_invocation_index) lane : u32) {
  let n = group.x;
  let chunks = arrayLength(&parts) / (groups.x * C);
  for (var c = lane; c < C; c += WG) {
    var sum = 0.0;
    for (var k = 0u; k < chunks; k++) {
      sum += parts[(n * chunks + k) * C + c];
    }
    let gate = gates[n * C + c];
    errors[c] = sum * gate * (1.0 - gate);
  }
  workgroupBarrier();
  for (var i = lane; i < LANES * HIDDEN; i += WG) {
    var sum = 0.0;
    for (var c = i / HIDDEN; c < C; c += LANES) {
      sum += errors[c] * w2[(i % HIDDEN) * C + c];
    }
    partial[i] = sum;
  }
  workgroupBarrier();
  for (var j = lane; j < HIDDEN; j += WG) {
    var sum = 0.0;
    for (var k = 0u; k < LANES; k++) {
      sum += partial[k * HIDDEN + j];
    }
    blamed[j] = select(sum * slope[0], sum, hidden[n * HIDDEN + j] > 0.0);
  }
  workgroupBarrier();
  for (var c = lane; c < C; c += WG) {
    var sum = 0.0;
    for (var j = 0u; j < HIDDEN; j++) {
      sum += blamed[j] * w1[c * HIDDEN + j];
    }
    out[n * C + c] = sum * FACTOR;
  }
}
