// Epilogue for any N: writes up to four columns of a row one by one, with the bias added.
@group(0) @binding(0) var<storage, read_write> c : array<f32>;

fn store(split : u32, m : u32, n : u32, value : vec4f) {
  let at = (split * M + outRow(m)) * N + n;
  let sum = value + bias(n);
  for (var j = 0u; j < min(4u, N - n); j++) {
    c[at + j] = sum[j];
  }
}
