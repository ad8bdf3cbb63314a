// Part: a batch of pictures, what becomes of them, and the row of numbers that says how each of them changes.
//
// Layout    pictures, out [n, H, W, channels] f32; numbers [n, NUMBERS] f32. Pixels are counted through the batch.
// A library part: no entry point. Preconditions: constants H, W, NUMBERS.
@group(0) @binding(0) var<storage, read_write> out : array<f32>;
@group(0) @binding(1) var<storage, read> pictures : array<f32>;
@group(0) @binding(2) var<storage, read> numbers : array<f32>;

/** What a thread knows of itself. */
struct Thread {
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) groups : vec3u,
  @builtin(local_invocation_index) index : u32,
}

/** The number of a thread's workgroup in a grid of rows of workgroups. */
fn groupOf(thread : Thread) -> u32 {
  return thread.group.y * thread.groups.x + thread.group.x;
}

/** Where the row of a pixel's picture begins in `numbers`. */
fn rowOf(pixel : u32) -> u32 {
  return (pixel / (W * H)) * NUMBERS;
}

/** The colour of a pixel of pictures with three channels. */
fn colourAt(pixel : u32) -> vec3f {
  return vec3f(pictures[3u * pixel], pictures[3u * pixel + 1u], pictures[3u * pixel + 2u]);
}

/** Writes the colour of a pixel of pictures with three channels. */
fn paint(pixel : u32, colour : vec3f) {
  for (var c = 0u; c < 3u; c++) {
    out[3u * pixel + c] = colour[c];
  }
}
