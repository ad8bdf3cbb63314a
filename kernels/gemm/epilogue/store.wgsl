// Part: epilogue: finishes four columns of a row and writes them.
// Interface  an epilogue, see ../README.md.
// Prelude   N, ROWS_OF_C, fn outRow(m : u32) -> u32 (where row m goes), fn finish(row : u32, n : u32, sums : vec4f) -> vec4f (bias, then activation, then
//           what other tensors take part in; the identity for partial sums), alias StoredC = f32 or f16.
// Layout    c is [splits, rows, N]; the partial sums of a split K lie one after the other and mergeSplits.wgsl adds them in order.
@group(0) @binding(0) var<storage, read_write> c : array<vec4<StoredC>>;

fn store(split : u32, m : u32, n : u32, sums : vec4f) {
  let row = outRow(m);
  c[((split * ROWS_OF_C + row) * N + n) / 4u] = vec4<StoredC>(finish(row, n, sums));
}
