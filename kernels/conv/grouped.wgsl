// Grouped and depthwise convolution, one thread per value of the result. PASS selects which tensor is computed:
//
//   0  y[n, oh, ow, co]    = Σ over (kh, kw, j) of x[n, oh·S − P + kh, ow·S − P + kw, g·CI + j] · w[kh, kw, j, co],
//      g = co / CO
//   1  dx[n, ih, iw, ci]   = Σ over (kh, kw, j) of dy[n, (ih + P − kh) / S, (iw + P − kw) / S, g·CO + j]
//                            · w[kh, kw, ci mod CI, g·CO + j]
//   2  dw[kh, kw, j, co]   = Σ over pixels of x · dy
//
// Why       it does only a few operations for each byte that it reads, so that the tiles of a GEMM would not make it
//           faster.
// Layout    x [BATCH, H, W, CI·GROUPS], w [KH, KW, CI, CO·GROUPS], y [BATCH, OH, OW, CO·GROUPS]; CI and CO are channels
//           per group. `first` and `second` are the operands in the order of the formula.
// Prelude   aliases Stored (operands) and Result, f32 or f16; sums are f32. WG, SIZE (values of out), PASS, BATCH, H,
//           W, OH, OW, KH, KW, CI, CO, GROUPS, S, P : i32, fn border(at : i32, extent : i32) -> i32.
// Dispatch  one thread per value of out, channels fastest.
@group(0) @binding(0) var<storage, read_write> out : array<Result>;
@group(0) @binding(1) var<storage, read> first : array<Stored>;
@group(0) @binding(2) var<storage, read> second : array<Stored>;

const C_IN = CI * GROUPS;
const C_OUT = CO * GROUPS;

fn xAt(n : u32, row : i32, column : i32, c : u32) -> f32 {
  let r = border(row, i32(H));
  let q = border(column, i32(W));
  let inside = u32(r) < H && u32(q) < W;
  return select(0.0, f32(first[select(0u, ((n * H + u32(r)) * W + u32(q)) * C_IN + c, inside)]), inside);
}

fn forward(i : u32) -> f32 {
  let co = i % C_OUT;
  let ow = (i / C_OUT) % OW;
  let oh = (i / (C_OUT * OW)) % OH;
  let n = i / (C_OUT * OW * OH);
  var sum = 0.0;
  for (var kh = 0u; kh < KH; kh++) {
    for (var kw = 0u; kw < KW; kw++) {
      for (var j = 0u; j < CI; j++) {
        let x = xAt(n, i32(oh) * S - P + i32(kh), i32(ow) * S - P + i32(kw), (co / CO) * CI + j);
        sum = fma(x, f32(second[((kh * KW + kw) * CI + j) * C_OUT + co]), sum);
      }
    }
  }
  return sum;
}

fn inputGradient(i : u32) -> f32 {
  let ci = i % C_IN;
  let iw = (i / C_IN) % W;
  let ih = (i / (C_IN * W)) % H;
  let n = i / (C_IN * W * H);
  var sum = 0.0;
  for (var kh = 0u; kh < KH; kh++) {
    for (var kw = 0u; kw < KW; kw++) {
      let row = i32(ih) + P - i32(kh);
      let column = i32(iw) + P - i32(kw);
      if (row >= 0 && column >= 0 && row % S == 0 && column % S == 0 && row / S < i32(OH) && column / S < i32(OW)) {
        let pixel = (n * OH + u32(row / S)) * OW + u32(column / S);
        for (var j = 0u; j < CO; j++) {
          let co = (ci / CI) * CO + j;
          sum = fma(f32(first[pixel * C_OUT + co]), f32(second[((kh * KW + kw) * CI + ci % CI) * C_OUT + co]), sum);
        }
      }
    }
  }
  return sum;
}

fn weightGradient(i : u32) -> f32 {
  let co = i % C_OUT;
  let j = (i / C_OUT) % CI;
  let kw = (i / (C_OUT * CI)) % KW;
  let kh = i / (C_OUT * CI * KW);
  var sum = 0.0;
  for (var n = 0u; n < BATCH; n++) {
    for (var oh = 0u; oh < OH; oh++) {
      var line = 0.0; // one sum for each row of pixels: shorter sums round less
      for (var ow = 0u; ow < OW; ow++) {
        let x = xAt(n, i32(oh) * S - P + i32(kh), i32(ow) * S - P + i32(kw), (co / CO) * CI + j);
        line = fma(x, f32(second[((n * OH + oh) * OW + ow) * C_OUT + co]), line);
      }
      sum += line;
    }
  }
  return sum;
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u, @builtin(local_invocation_index) thread : u32) {
  let i = (group.y * groups.x + group.x) * WG + thread;
  if (i >= SIZE) {
    return;
  }
  if (PASS == 0u) {
    out[i] = Result(forward(i));
  } else if (PASS == 1u) {
    out[i] = Result(inputGradient(i));
  } else {
    out[i] = Result(weightGradient(i));
  }
}
