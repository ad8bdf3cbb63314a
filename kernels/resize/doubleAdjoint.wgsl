// Adjoint of double.wgsl:
//   dx[s] = ¼ · dy[2s − 1] + ¾ · dy[2s] + ¾ · dy[2s + 1] + ¼ · dy[2s + 2]
//   on both axes, dy past the border as at the border
//
// A thread computes two by two pixels of dx from six by six of dy, which is nine loads for each pixel. adjoint.wgsl
// needs sixteen, in loops of unknown length whose loads wait for each other.
// Layout    dx [N, H, W, C], dy [N, 2H, 2W, C], H and W even; S = f32 or f16, or four channels of it, GROUPS = C /
//           width of S.
// Prelude   alias S, and V the same in f32; WG, BATCH, H, W, GROUPS.
// Dispatch  one thread per V of a block of four pixels.
@group(0) @binding(0) var<storage, read_write> dx : array<S>;
@group(0) @binding(1) var<storage, read> dy : array<S>;

/** The sums for two neighbouring pixels. */
struct Pair {
  first : V,
  second : V,
}

/** Position k of the six positions at − 1 … at + 4, clamped to [0, size). */
fn inside(at : u32, k : u32, size : u32) -> u32 {
  return min(max(at + k, 1u) - 1u, size - 1u);
}

fn pairOf(a0 : V, a1 : V, a2 : V, a3 : V, a4 : V, a5 : V) -> Pair {
  return Pair(0.75 * (a1 + a2) + 0.25 * (a0 + a3), 0.75 * (a3 + a4) + 0.25 * (a2 + a5));
}

fn line(row : u32, column : u32, c : u32) -> Pair {
  var taps : array<V, 6>;
  for (var k = 0u; k < 6u; k++) {
    taps[k] = V(dy[(row * 2u * W + inside(column, k, 2u * W)) * GROUPS + c]);
  }
  return pairOf(taps[0], taps[1], taps[2], taps[3], taps[4], taps[5]);
}

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) groups : vec3u,
  @builtin(local_invocation_index) thread : u32,
) {
  let index = (group.y * groups.x + group.x) * WG + thread;
  let block = index / GROUPS;
  let c = index % GROUPS;
  let j = 2u * (block % (W / 2u));
  let i = 2u * ((block / (W / 2u)) % (H / 2u));
  let n = block / ((W / 2u) * (H / 2u));
  if (n >= BATCH) {
    return;
  }
  var lines : array<Pair, 6>;
  for (var k = 0u; k < 6u; k++) {
    lines[k] = line(n * 2u * H + inside(2u * i, k, 2u * H), 2u * j, c);
  }
  let left = pairOf(lines[0].first, lines[1].first, lines[2].first, lines[3].first, lines[4].first, lines[5].first);
  let right = pairOf(lines[0].second, lines[1].second, lines[2].second, lines[3].second, lines[4].second, lines[5].second);
  let at = ((n * H + i) * W + j) * GROUPS + c;
  dx[at] = S(left.first);
  dx[at + GROUPS] = S(right.first);
  dx[at + W * GROUPS] = S(left.second);
  dx[at + (W + 1u) * GROUPS] = S(right.second);
}
