/** @file Solution of chapter 2. Bias and ReLU are an epilogue: they change what is stored, and nothing before it. */

export function linearRelu(): string {
  return /* wgsl */ `
override M : u32;
override N : u32;
override K : u32;
@group(0) @binding(0) var<storage, read_write> c : array<f32>;
@group(0) @binding(1) var<storage, read> a : array<f32>;
@group(0) @binding(2) var<storage, read> b : array<f32>;
@group(0) @binding(3) var<storage, read> bias : array<f32>;
var<workgroup> tileA : array<array<f32, 16>, 16>;
var<workgroup> tileB : array<array<f32, 16>, 16>;

@compute @workgroup_size(16, 16)
fn main(@builtin(global_invocation_id) id : vec3u, @builtin(local_invocation_id) at : vec3u) {
  let row = min(id.y, M - 1u); // past the edge: any row will do, because its sum is not stored
  let column = min(id.x, N - 1u);
  var sum = 0.0;
  for (var k0 = 0u; k0 < K; k0 += 16u) {
    let ka = k0 + at.x;
    let kb = k0 + at.y;
    tileA[at.y][at.x] = select(0.0, a[row * K + min(ka, K - 1u)], ka < K);
    tileB[at.y][at.x] = select(0.0, b[min(kb, K - 1u) * N + column], kb < K);
    workgroupBarrier();
    for (var k = 0u; k < 16u; k++) {
      sum += tileA[at.y][k] * tileB[k][at.x];
    }
    workgroupBarrier();
  }
  if (id.y < M && id.x < N) {
    c[id.y * N + id.x] = max(0.0, sum + bias[id.x]);
  }
}`;
}
