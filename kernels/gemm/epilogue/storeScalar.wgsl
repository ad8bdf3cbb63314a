// Part: epilogue for any N that finishes up to four columns of a row and writes them one by one.
// Interface  an epilogue, see ../README.md.
// Layout and prelude as in store.wgsl.
@group(0) @binding(0) var<storage, read_write> c : array<StoredC>;

fn store(split : u32, m : u32, n : u32, sums : vec4f) {
  let row = outRow(m);
  let at = (split * ROWS_OF_C + row) * N + n;
  let values = vec4<StoredC>(finish(row, n, sums));
  for (var j = 0u; j < min(4u, N - n); j++) {
    c[at + j] = values[j];
  }
}
