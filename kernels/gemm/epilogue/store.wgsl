// Epilogue: writes four columns of a row, with the bias added.
// Prelude   N, M, fn outRow(m : u32) -> u32 (where row m goes), fn bias(n : u32) -> vec4f.
// Layout    c is [splits, rows, N]; partial sums of a split K lie one after the other and a reduction adds them in order.
@group(0) @binding(0) var<storage, read_write> c : array<vec4f>;

fn store(split : u32, m : u32, n : u32, value : vec4f) {
  c[((split * M + outRow(m)) * N + n) / 4u] = value + bias(n);
}
