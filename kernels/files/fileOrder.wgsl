// Copies words of a tensor in the order of a file, and looks for numbers that are not finite:
//
//   out[at + i] = x[Σ_k index_k stride_k],  index = first + i written in the mixed radix `extents`,  0 <= i < count
//   found[slot] ← min(found[slot], first + i)  where checked = 1 and the word is ∞ or NaN as an f32
//
// What a job copies is data and not compiled in, because the tensors of a network have some hundred shapes. Words are
// copied as bits. The minimum of integers is the same in any order.
// Memory    out: words of a piece of the file; x: the tensor; job: below, at a multiple of 256 bytes; found: one word
//           for each tensor, 0xffffffff at first.
// Tile      one thread for each word; neighbours in the file lie `strides.w` words apart in x.
// Prelude   WG.
// Dispatch  x·y = linear workgroups over count.
struct Job {
  extents : vec4u,
  strides : vec4u,
  first : u32,
  count : u32,
  at : u32,
  slot : u32,
  checked : u32,
}

@group(0) @binding(0) var<storage, read_write> out : array<u32>;
@group(0) @binding(1) var<storage, read_write> found : array<atomic<u32>>;
@group(0) @binding(2) var<storage, read> x : array<u32>;
@group(0) @binding(3) var<storage, read> job : Job;

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) groups : vec3u,
  @builtin(local_invocation_index) thread : u32,
) {
  let i = (group.y * groups.x + group.x) * WG + thread;
  if (i >= job.count) {
    return;
  }
  var rest = job.first + i;
  var index = vec4u();
  index.w = rest % job.extents.w;
  rest /= job.extents.w;
  index.z = rest % job.extents.z;
  rest /= job.extents.z;
  index.y = rest % job.extents.y;
  index.x = rest / job.extents.y;
  let own = index * job.strides;
  let word = x[own.x + own.y + own.z + own.w];
  out[job.at + i] = word;
  if (job.checked == 1u && (word & 0x7f800000u) == 0x7f800000u) {
    atomicMin(&found[job.slot], job.first + i);
  }
}
