// Files a row where the counter points, and counts it:  ring[counter % ROWS] = row,  counter ← counter + 1
//
// The counter lives on the device, so that replays of a recorded step file one row after the other.
// Prelude   WG, ROWS, COLUMNS.
// Dispatch  one workgroup.
@group(0) @binding(0) var<storage, read_write> ring : array<f32>;
@group(0) @binding(1) var<storage, read_write> counter : array<u32>;
@group(0) @binding(2) var<storage, read> row : array<f32>;

@compute @workgroup_size(WG)
fn main(@builtin(local_invocation_index) thread : u32) {
  let filed = counter[0];
  for (var c = thread; c < COLUMNS; c += WG) {
    ring[(filed % ROWS) * COLUMNS + c] = row[c];
  }
  workgroupBarrier(); // all threads have read the counter
  if (thread == 0u) {
    counter[0] = filed + 1u;
  }
}
