// Part: epilogue that finishes four columns of a row and writes them as one vector. Needs N % 4 == 0.
// Interface  an epilogue, see ../README.md.
// Layout    c is [splits, rows, N] as StoredC = f32 or f16: the partial sums of a split K lie one after the other, and
//           mergeSplits.wgsl adds them in order.
// Prelude   N, ROWS_OF_C, alias StoredC; fn outRow(m : u32) -> u32, the stored row of row m; fn finish(row : u32, n :
//           u32, sums : vec4f) -> vec4f, which adds the bias, then applies the activation and the rest of Finish
//           (problem.ts); for partial sums it returns `sums`.
@group(0) @binding(0) var<storage, read_write> c : array<vec4<StoredC>>;

fn store(split : u32, m : u32, n : u32, sums : vec4f) {
  let row = outRow(m);
  c[((split * ROWS_OF_C + row) * N + n) / 4u] = vec4<StoredC>(finish(row, n, sums));
}
