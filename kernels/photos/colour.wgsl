// Gives swapped faces the colours of the faces that they replace: for each an affine map of RGB.
//
//   y' = σt / σs · (y − μs) + μt in luma and two colour differences,   as rgb' = M rgb + offset
//
// Means μ and deviations σ of the target's crop (t) and of the swapped one (s) are weighted by the mask (Reinhard et
// al. 2001). They are taken twice: the second time without pixels that lie more than 2.5 deviations off in either
// image, so that highlights and shadows of the nose, teeth and leftovers of hair do not count. In the axes of BT.601
// the colours of a face hardly correlate, and unlike in Lab the map stays affine, so pasting applies it for nine
// products. The ratio of the deviations is bounded, because noise must not be blown up to match a texture. A face of
// which fewer than 16 samples count keeps its colours.
// Layout    crops, swapped [n, SIZE, SIZE, 3] f32, masks [n, SIZE, SIZE, 1] f32; out [n, 3] vec4f: the rows of M, each
//           with its offset.
// Prelude   SIZE, and STEP: every STEP-th pixel of every STEP-th row counts.
// Dispatch  one workgroup per face. Sums are added in a fixed order.
@group(0) @binding(0) var<storage, read_write> out : array<vec4f>;
@group(0) @binding(1) var<storage, read> crops : array<f32>;
@group(0) @binding(2) var<storage, read> swapped : array<f32>;
@group(0) @binding(3) var<storage, read> masks : array<f32>;

const WG = 128u;
const DEVIATIONS = 2.5;
const MOST_GAIN = 2.0;
/** A step of a byte: less deviation than this is noise. */
const NOISE = 1.0 / 255.0;
const FEWEST = 16.0;

/** Luma and colour differences of RGB, and back. The columns of WGSL's matrices are written as rows here. */
const TO_OPPONENT = mat3x3f(0.299, -0.168736, 0.5, 0.587, -0.331264, -0.418688, 0.114, 0.5, -0.081312);
const FROM_OPPONENT = mat3x3f(1.0, 1.0, 1.0, 0.0, -0.344136, 1.772, 1.402, -0.714136, 0.0);

/** Sums of weights, values and squares: of the target in the first half, of the swapped face in the second. */
struct Moments {
  weight : f32,
  goal : vec3f,
  targetSquares : vec3f,
  swap : vec3f,
  swapSquares : vec3f,
}

struct Statistics {
  weight : f32,
  targetMean : vec3f,
  targetDeviation : vec3f,
  swapMean : vec3f,
  swapDeviation : vec3f,
}

var<workgroup> sums : array<Moments, WG>;

fn joined(a : Moments, b : Moments) -> Moments {
  return Moments(a.weight + b.weight, a.goal + b.goal, a.targetSquares + b.targetSquares, a.swap + b.swap,
    a.swapSquares + b.swapSquares);
}

/** Within how many deviations of the mean is a value, in its farthest channel? */
fn farthest(value : vec3f, mean : vec3f, deviation : vec3f) -> f32 {
  let off = abs(value - mean) / (deviation + NOISE);
  return max(off.x, max(off.y, off.z));
}

/** Adds the samples of a thread up; `bounds` says which of them count, all if its weight is 0. */
fn gathered(face : u32, thread : u32, bounds : Statistics) -> Moments {
  const SIDE = (SIZE + STEP - 1u) / STEP;
  var sum = Moments();
  for (var k = thread; k < SIDE * SIDE; k += WG) {
    let at = (face * SIZE + k / SIDE * STEP) * SIZE + k % SIDE * STEP;
    let goal = TO_OPPONENT * vec3f(crops[3u * at], crops[3u * at + 1u], crops[3u * at + 2u]);
    let swap = TO_OPPONENT * vec3f(swapped[3u * at], swapped[3u * at + 1u], swapped[3u * at + 2u]);
    var weight = masks[at];
    if (bounds.weight > 0.0) {
      let off = max(farthest(goal, bounds.targetMean, bounds.targetDeviation),
        farthest(swap, bounds.swapMean, bounds.swapDeviation));
      weight = select(0.0, weight, off <= DEVIATIONS);
    }
    sum = joined(sum, Moments(weight, weight * goal, weight * goal * goal, weight * swap, weight * swap * swap));
  }
  return sum;
}

/** The statistics of all threads' samples. */
fn statistics(face : u32, thread : u32, bounds : Statistics) -> Statistics {
  sums[thread] = gathered(face, thread, bounds);
  for (var half = WG / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (thread < half) {
      sums[thread] = joined(sums[thread], sums[thread + half]);
    }
  }
  let total = workgroupUniformLoad(&sums[0]);
  let weight = max(total.weight, 1e-6);
  let targetMean = total.goal / weight;
  let swapMean = total.swap / weight;
  let none = vec3f(0.0);
  return Statistics(total.weight, targetMean, sqrt(max(none, total.targetSquares / weight - targetMean * targetMean)),
    swapMean, sqrt(max(none, total.swapSquares / weight - swapMean * swapMean)));
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(local_invocation_index) thread : u32) {
  let all = statistics(group.x, thread, Statistics());
  let found = statistics(group.x, thread, all);
  if (thread > 0u) {
    return;
  }
  var map = mat3x3f(1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0);
  var offset = vec3f(0.0);
  if (found.weight >= FEWEST) {
    let ratio = (found.targetDeviation + NOISE) / (found.swapDeviation + NOISE);
    let gain = clamp(ratio, vec3f(1.0 / MOST_GAIN), vec3f(MOST_GAIN));
    let scale = mat3x3f(gain.x, 0.0, 0.0, 0.0, gain.y, 0.0, 0.0, 0.0, gain.z);
    map = FROM_OPPONENT * scale * TO_OPPONENT;
    offset = FROM_OPPONENT * (found.targetMean - gain * found.swapMean);
  }
  for (var row = 0u; row < 3u; row++) {
    out[3u * group.x + row] = vec4f(map[0][row], map[1][row], map[2][row], offset[row]);
  }
}
