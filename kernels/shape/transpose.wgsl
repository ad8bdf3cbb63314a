// Transposes matrices through tiles:  out[b, c, r] = x[b, r, c]
//
// A direct copy would either read or write with a stride and use one element of each cache line. With a tile of
// SIDE x SIDE elements in workgroup memory, both reads and writes are contiguous. The tile's rows are one element
// longer than SIDE, so that the elements of a column lie in different memory banks.
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
