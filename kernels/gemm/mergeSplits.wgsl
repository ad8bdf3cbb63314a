// Adds the partial sums of a split K in order and finishes them:  C[row, n] = finish(Σₛ partial[s, row, n])
//
// Layout    partial [splits, rows, N] in f32, C [rows, N]. V is four columns if 4 divides N, else one.
// Why       the number of splits is the buffer's length and not a constant: Mesa would unroll a loop of constant
//           length.
// Prelude   WG, N, SIZE = number of V in C, WIDTH (4 or 1), alias V = vec4f or f32, alias StoredV = V in the type of C,
//           fn finishV(row : u32, n : u32, sums : V) -> V (see epilogue/store.wgsl).
// Dispatch  one thread per V of C.
@group(0) @binding(0) var<storage, read_write> c : array<StoredV>;
@group(0) @binding(1) var<storage, read> partial : array<V>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u, @builtin(local_invocation_index) thread : u32) {
  let i = (group.y * groups.x + group.x) * WG + thread;
  if (i >= SIZE) {
    return;
  }
  let end = arrayLength(&partial);
  var sum = partial[i];
  var at = i + SIZE;
  for (; at + 3u * SIZE < end; at += 4u * SIZE) { // four loads in flight
    let next = array(partial[at], partial[at + SIZE], partial[at + 2u * SIZE], partial[at + 3u * SIZE]);
    sum += next[0];
    sum += next[1];
    sum += next[2];
    sum += next[3];
  }
  for (; at < end; at += SIZE) {
    sum += partial[at];
  }
  let first = i * WIDTH;
  c[i] = StoredV(finishV(first / N, first % N, sum));
}
