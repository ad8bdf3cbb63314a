// Adjoint of resampling, the gradient with respect to its input:
//   dx[n, y, x, c] = Σ over outputs (v, u) of w(v, y) · w(u, x) · dy[n, v, u, c]
// where w(d, s) is the weight with which forward.wgsl mixes input sample s into output sample d.
//
// Each thread gathers instead of scattering, so the kernel needs no atomics and adds in a fixed order. An output d
// reaches s when its first tap lies in [s − TAPS + 1, s]. Taps past the border are clamped, so they reach the border
// samples. If there are few weights along x, each thread computes them once and keeps them.
// Layout    NHWC; S = f32 or f16, or four channels of it, GROUPS = C / width of S.
// Prelude   alias S, and V the same in f32; WG, BATCH, GROUPS, THREADS per pixel, X_SPAN = the longest range of outputs
//           that reach one column; if that range is too long to keep its weights, X_SPAN = 1 and KEEPS = false;
//           source.wgsl with its constants, wide.wgsl, weight*.wgsl.
// Dispatch  THREADS threads per pixel of dx, each takes every THREADS-th channel group.
@group(0) @binding(0) var<storage, read_write> dx : array<S>;
@group(0) @binding(1) var<storage, read> dy : array<S>;

/**
 * The first output whose position is at or above the integer `floorAt`: ⌈(floorAt · DEN − ADD) / MUL⌉, clamped to
 * 0 … OUT. For a negative `floorAt` this is 0, because all positions are above −1.
 */
fn firstOutput(axis : Axis, floorAt : i32) -> u32 {
  let begin = u32(max(floorAt, 0));
  var d : u32;
  if (axis.wide) {
    d = wideDivide(wideProduct(begin, axis.den, axis.up), axis.mul).x;
  } else {
    d = (begin * axis.den + axis.up) / axis.mul;
  }
  return select(min(d, axis.outSize), 0u, floorAt < 0);
}

/** The range of outputs that reach input sample s: from .x up to but excluding .y. */
fn reach(axis : Axis, s : u32) -> vec2u {
  let low = select(firstOutput(axis, i32(s) - FIRST - TAPS + 1), 0u, s == 0u);
  let high = select(firstOutput(axis, i32(s) - FIRST + 1), axis.outSize, s == axis.size - 1u);
  return vec2u(low, high);
}

/** w(d, s): the sum of the weights of those taps of output d that read s. */
fn mixed(axis : Axis, d : u32, s : u32) -> f32 {
  let at = positionOf(axis, d);
  var sum = 0.0;
  for (var k = 0; k < TAPS; k++) {
    sum += select(0.0, weight(k, at.t), sampleIndex(axis, at.first, k) == s);
  }
  return sum;
}

fn weightAt(weights : ptr<function, array<f32, X_SPAN>>, first : u32, k : u32, column : u32) -> f32 {
  if (KEEPS) {
    return (*weights)[k];
  }
  return mixed(X_AXIS, first + k, column);
}

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) groups : vec3u,
  @builtin(local_invocation_index) thread : u32,
) {
  let index = (group.y * groups.x + group.x) * WG + thread;
  if (index >= BATCH * Y_IN * X_IN * THREADS) {
    return;
  }
  let pixel = index / THREADS;
  let column = pixel % X_IN;
  let row = (pixel / X_IN) % Y_IN;
  let sample = pixel / (X_IN * Y_IN);
  let across = reach(X_AXIS, column);
  let down = reach(Y_AXIS, row);
  var weights : array<f32, X_SPAN>;
  for (var k = 0u; KEEPS && k < across.y - across.x; k++) {
    weights[k] = mixed(X_AXIS, across.x + k, column);
  }
  for (var c = index % THREADS; c < GROUPS; c += THREADS) {
    var sum = V(0.0);
    for (var v = down.x; v < down.y; v++) {
      let base = (sample * Y_OUT + v) * X_OUT + across.x;
      var line = V(0.0);
      for (var k = 0u; k < across.y - across.x; k++) {
        line += weightAt(&weights, across.x, k, column) * V(dy[(base + k) * GROUPS + c]);
      }
      sum += mixed(Y_AXIS, v, row) * line;
    }
    dx[pixel * GROUPS + c] = S(sum);
  }
}
