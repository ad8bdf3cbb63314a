// Depthwise convolution, four channels a thread, finished:
//
//   y[n, oh, ow, c] = finish(Σ over (kh, kw) of x[n, oh·S − P + kh, ow·S − P + kw, c] · w[kh, kw, c])
//
// Why grouped.wgsl computes the same for any groups, one channel a thread: its loads of four bytes take four times
//           as many instructions, and bias and activation are launches of their own.
// Layout    x [BATCH, H, W, C], w [KH, KW, C], y [BATCH, OH, OW, C], all as vec4 along C. Needs C % 4 == 0.
// Prelude   alias S4 (vec4f or vec4<f16>, as stored); sums are f32, added in the order of grouped.wgsl. WG, SIZE
//           (vectors of y), H, W, OH, OW, KH, KW, GROUPS = C / 4, S, P : i32, fn border(at : i32, extent : i32) -> i32,
//           fn finish(row : u32, n : u32, sums : vec4f) -> vec4f as in gemm/epilogue/store.wgsl, with pixels as rows.
// Dispatch  one thread per vector of y, channels fastest.
@group(0) @binding(0) var<storage, read_write> y : array<S4>;
@group(0) @binding(1) var<storage, read> x : array<S4>;
@group(0) @binding(2) var<storage, read> w : array<S4>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u, @builtin(local_invocation_index) thread : u32) {
  let i = (group.y * groups.x + group.x) * WG + thread;
  if (i >= SIZE) {
    return;
  }
  let channel = i % GROUPS;
  let pixel = i / GROUPS;
  let row0 = i32((pixel / OW) % OH) * S - P;
  let column0 = i32(pixel % OW) * S - P;
  let first = pixel / (OW * OH) * (H * W);
  var sum = vec4f();
  for (var kh = 0u; kh < KH; kh++) {
    let row = border(row0 + i32(kh), i32(H));
    for (var kw = 0u; kw < KW; kw++) {
      let column = border(column0 + i32(kw), i32(W));
      let inside = u32(row) < H && u32(column) < W;
      let at = select(0u, (first + u32(row) * W + u32(column)) * GROUPS + channel, inside);
      sum = fma(select(vec4f(), vec4f(x[at]), inside), vec4f(w[(kh * KW + kw) * GROUPS + channel]), sum);
    }
  }
  y[i] = S4(finish(pixel, 4u * channel, sum));
}
