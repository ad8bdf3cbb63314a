// Adjoint of resampling, the gradient with respect to its input:  dx[n, y, x, c] = Σ over outputs (v, u) of w(v, y) · w(u, x) · dy[n, v, u, c]
// where w(d, s) is the weight with which forward.wgsl mixes input sample s into output sample d.
//
// Gathers instead of scattering, so it needs no atomics and adds in a fixed order. An output d reaches s when its first tap lies in [s − TAPS + 1, s]; outputs
// past the border reach the border samples through the clamp. The weights along x are computed once per invocation.
// Layout    NHWC; S = f32 or f16, or four channels of it, GROUPS = C / width of S.
// Prelude   alias S, and V the same in f32; WG, BATCH, GROUPS, THREADS per pixel, X_SPAN = the longest range of outputs that reach one column; Y_MUL … X_OUT, source.wgsl, weight*.wgsl.
// Dispatch  THREADS invocations per pixel of dx, each takes every THREADS-th channel group.
@group(0) @binding(0) var<storage, read_write> dx : array<S>;
@group(0) @binding(1) var<storage, read> dy : array<S>;

/** First output whose position is at or above the integer `floorAt`. */
fn firstOutput(axis : Axis, floorAt : i32) -> i32 {
  let num = max(floorAt * axis.den - axis.add, 0);
  return min((num + axis.mul - 1) / axis.mul, axis.outSize);
}

/** Outputs from .x up to but without .y reach input sample s. */
fn reach(axis : Axis, s : i32) -> vec2i {
  let low = select(firstOutput(axis, s - FIRST - TAPS + 1), 0, s == 0);
  let high = select(firstOutput(axis, s - FIRST + 1), axis.outSize, s == axis.size - 1);
  return vec2i(low, high);
}

/** w(d, s): the taps of output d that read s, summed. */
fn mixed(axis : Axis, d : i32, s : i32) -> f32 {
  let at = place(axis, d);
  var sum = 0.0;
  for (var k = 0; k < TAPS; k++) {
    sum += select(0.0, weight(k, at.t), clamp(at.first + k, 0, axis.size - 1) == s);
  }
  return sum;
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u, @builtin(local_invocation_index) lane : u32) {
  let index = (group.y * groups.x + group.x) * WG + lane;
  if (index >= BATCH * u32(Y_IN * X_IN) * THREADS) {
    return;
  }
  let pixel = index / THREADS;
  let column = i32(pixel % u32(X_IN));
  let row = i32((pixel / u32(X_IN)) % u32(Y_IN));
  let sample = pixel / u32(X_IN * Y_IN);
  let across = reach(X_AXIS, column);
  let down = reach(Y_AXIS, row);
  var weights : array<f32, X_SPAN>;
  for (var k = 0; k < across.y - across.x; k++) {
    weights[k] = mixed(X_AXIS, across.x + k, column);
  }
  for (var c = index % THREADS; c < GROUPS; c += THREADS) {
    var sum = V(0.0);
    for (var v = down.x; v < down.y; v++) {
      let base = (sample * u32(Y_OUT) + u32(v)) * u32(X_OUT) + u32(across.x);
      var line = V(0.0);
      for (var k = 0; k < across.y - across.x; k++) {
        line += weights[k] * V(dy[(base + u32(k)) * GROUPS + c]);
      }
      sum += mixed(Y_AXIS, v, row) * line;
    }
    dx[pixel * GROUPS + c] = S(sum);
  }
}
