// Adds the partial products of a split K in order and finishes the sum:  C[row, n] = finish(sum over s of partial[s, row, n])
//
// Layout    partial [splits, rows, N] in f32, C [rows, N]; V is four columns where N divides by 4, else one.
// Prelude   WG, N, SIZE = values of C in units of V, WIDTH (4 or 1), alias V = vec4f or f32, alias StoredV = V or its f16 twin, fn finishV(row, n, sums : V) -> V
//           (see epilogue/store.wgsl). The number of splits comes from the buffer's length: known to the compiler, Mesa would unroll the loop.
// Dispatch  one invocation per V of C.
@group(0) @binding(0) var<storage, read_write> c : array<StoredV>;
@group(0) @binding(1) var<storage, read> partial : array<V>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u, @builtin(local_invocation_index) lane : u32) {
  let i = (group.y * groups.x + group.x) * WG + lane;
  if (i >= SIZE) {
    return;
  }
  let end = arrayLength(&partial);
  var sum = partial[i];
  var at = i + SIZE;
  for (; at + 3u * SIZE < end; at += 4u * SIZE) { // four loads on their way at a time
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
