// Fills a buffer with a word: ones for keys and shadow maps (nothing is there), zeros for masks.
//
// Memory: `words` u32 [WORDS]; the first LEAD of them become FIRST, SIZE, SAMPLES and PICTURE_WORDS (visibility.wgsl).
// Tile: one word per thread; a grid of two dimensions has 65535 workgroups in the first.
// Preconditions: constants WORDS, VALUE, LEAD and those. Dispatch: linearGrid(ceil(WORDS / 64)).

@group(0) @binding(0) var<storage, read_write> words : array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id : vec3u) {
  let at = id.y * (65535u * 64u) + id.x;
  if (at < LEAD) {
    words[at] = vec4u(FIRST, SIZE, SAMPLES, PICTURE_WORDS)[at];
  } else if (at < WORDS) {
    words[at] = VALUE;
  }
}
