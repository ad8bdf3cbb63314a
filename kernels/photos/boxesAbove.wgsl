// The boxes of a detector whose scores are above a threshold, at the beginning of a list, in the order of the anchors.
//
//   list(n) = (count, score(n, a₀), score(n, a₁), …, box(n, a₀), box(n, a₁), …),  a₀ < a₁ < …, score(n, a) > LEAST
//
// A host that judges boxes reads a few of them instead of all anchors: 10 KB instead of 100 for the 5118 of the SSD
// detector. Each thread counts in a run of neighbouring anchors; the sums of the runs before say where it writes. So
// the order does not depend on timing. If more than MOST are above the threshold the count says so, and the first MOST
// are there.
// Layout    boxes [n, ANCHORS] vec4f, scores [n, ANCHORS] f32; list [n, 1 + 5 · MOST] f32: the count, MOST scores, MOST
//           boxes. What is behind the count is not written.
// Tile      a workgroup per picture, a thread per ceil(ANCHORS / 256) anchors.
// Prelude   ANCHORS, MOST, LEAST.
// Dispatch  (pictures).
@group(0) @binding(0) var<storage, read_write> list : array<f32>;
@group(0) @binding(1) var<storage, read> boxes : array<vec4f>;
@group(0) @binding(2) var<storage, read> scores : array<f32>;

const THREADS = 256u;
const RUN = (ANCHORS + THREADS - 1u) / THREADS;

/** How many are above the threshold in the runs of the threads up to each one. */
var<workgroup> sums : array<u32, THREADS>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(local_invocation_index) thread : u32) {
  let begin = min(ANCHORS, thread * RUN);
  let end = min(ANCHORS, begin + RUN);
  let first = group.x * ANCHORS;
  var count = 0u;
  for (var a = begin; a < end; a++) {
    count += select(0u, 1u, scores[first + a] > LEAST);
  }
  sums[thread] = count;
  workgroupBarrier();
  for (var reach = 1u; reach < THREADS; reach *= 2u) {
    var before = 0u;
    if (thread >= reach) {
      before = sums[thread - reach];
    }
    workgroupBarrier();
    sums[thread] += before;
    workgroupBarrier();
  }
  let start = group.x * (1u + 5u * MOST);
  if (thread == THREADS - 1u) {
    list[start] = f32(sums[thread]);
  }
  var at = sums[thread] - count;
  for (var a = begin; a < end && at < MOST; a++) {
    let score = scores[first + a];
    if (score > LEAST) {
      list[start + 1u + at] = score;
      let box = boxes[first + a];
      for (var k = 0u; k < 4u; k++) {
        list[start + 1u + MOST + 4u * at + k] = box[k];
      }
      at++;
    }
  }
}
