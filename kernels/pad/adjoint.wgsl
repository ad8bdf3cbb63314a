// Adjoint of padding:  dx[n, r, c, ch] = Σ of dy over all padded pixels that were read from (r, c)
//
// A pixel was read for itself, and for those of the P pixels past either edge that `border` maps to it. Each axis tests
// its 2·P candidates. Gathering needs no atomics and adds in a fixed order.
// Layout    dy [N, H + 2P, W + 2P, C], dx [N, H, W, C], both as S = f32 or f16, or as vectors of four.
// Prelude   aliases S, and V, which is S in f32; WG, H, W, P, GROUPS = number of S in a pixel, PER_THREAD, THREADS =
//           GROUPS / PER_THREAD, SIZE (threads), fn border(at : i32, extent : i32) -> i32.
// Dispatch  THREADS threads per pixel, each for every THREADS-th S of it: so PER_THREAD loads are in flight, and
//           indices are computed once.
@group(0) @binding(0) var<storage, read_write> dx : array<S>;
@group(0) @binding(1) var<storage, read> dy : array<S>;

// Padded coordinate of candidate d (0: the pixel itself, then alternately left and right), or -1 if it was read from
// another pixel.
fn candidate(d : u32, at : i32, extent : i32) -> i32 {
  let step = i32((d + 1u) / 2u);
  let unfolded = select(select(extent - 1 + step, -step, d % 2u == 1u), at, d == 0u);
  return select(-1, unfolded + i32(P), border(unfolded, extent) == at);
}

// Pixels further than P from both edges have no other candidate than themselves.
fn lastCandidate(at : i32, extent : i32) -> u32 {
  return select(0u, 2u * P, at <= i32(P) || at + i32(P) >= extent - 1);
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u, @builtin(local_invocation_index) thread : u32) {
  let i = (group.y * groups.x + group.x) * WG + thread;
  if (i >= SIZE) {
    return;
  }
  let channel = i % THREADS;
  let pixel = i / THREADS;
  let column = i32(pixel % W);
  let row = i32((pixel / W) % H);
  let image = pixel / (W * H);
  let lastRow = lastCandidate(row, i32(H));
  let lastColumn = lastCandidate(column, i32(W));
  var sums : array<V, PER_THREAD>;
  for (var a = 0u; a <= lastRow; a++) {
    let r = candidate(a, row, i32(H));
    if (r < 0) {
      continue;
    }
    for (var b = 0u; b <= lastColumn; b++) {
      let q = candidate(b, column, i32(W));
      if (q >= 0) {
        let source = ((image * (H + 2u * P) + u32(r)) * (W + 2u * P) + u32(q)) * GROUPS + channel;
        for (var k = 0u; k < PER_THREAD; k++) {
          sums[k] += V(dy[source + k * THREADS]);
        }
      }
    }
  }
  for (var k = 0u; k < PER_THREAD; k++) {
    dx[pixel * GROUPS + channel + k * THREADS] = S(sums[k]);
  }
}
