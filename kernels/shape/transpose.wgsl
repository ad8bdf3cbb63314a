// Transposes matrices through tiles:  out[b, c, r] = x[b, r, c]
//
// A direct copy reads or writes one element of each line of memory; a tile of SIDE x SIDE in workgroup memory lets both
// go along lines. Its rows are one element longer, so that a column lies in different banks.
// Layout    x [BATCH, R, C], out [BATCH, C, R] of T.
// Prelude   alias T; R, C, SIDE, LINES (lines of a tile that the workgroup moves at a time), WG = SIDE · LINES; TILES =
//           ⌈C / SIDE⌉.
// Dispatch  x·y = tiles of a matrix, along C first; z = matrices.
@group(0) @binding(0) var<storage, read_write> out : array<T>;
@group(0) @binding(1) var<storage, read> x : array<T>;

var<workgroup> tile : array<T, SIDE * (SIDE + 1u)>;

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group : vec3u,
  @builtin(num_workgroups) groups : vec3u,
  @builtin(local_invocation_index) thread : u32,
) {
  let index = group.y * groups.x + group.x;
  let row = (index / TILES) * SIDE;
  let column = (index % TILES) * SIDE;
  let across = thread % SIDE;
  let base = group.z * R * C;
  for (var line = thread / SIDE; line < SIDE; line += LINES) {
    if (row + line < R && column + across < C) {
      tile[line * (SIDE + 1u) + across] = x[base + (row + line) * C + column + across];
    }
  }
  workgroupBarrier();
  for (var line = thread / SIDE; line < SIDE; line += LINES) {
    if (column + line < C && row + across < R) {
      out[base + (column + line) * R + row + across] = tile[across * (SIDE + 1u) + line];
    }
  }
}
