/** @file Solution of chapter 1. The value past the end is chosen and not branched around, so all threads go on. */

export function sumOfSquares(): string {
  return /* wgsl */ `
@group(0) @binding(0) var<storage, read> x : array<f32>;
@group(0) @binding(1) var<storage, read_write> sums : array<f32>;
var<workgroup> parts : array<f32, 256>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(local_invocation_index) thread : u32) {
  let at = 256u * group.x + thread;
  let value = select(0.0, x[min(at, arrayLength(&x) - 1u)], at < arrayLength(&x));
  parts[thread] = value * value;
  workgroupBarrier();
  for (var half = 128u; half > 0u; half /= 2u) {
    if (thread < half) {
      parts[thread] += parts[thread + half];
    }
    workgroupBarrier();
  }
  if (thread == 0u) {
    sums[group.x] = parts[0];
  }
}`;
}
