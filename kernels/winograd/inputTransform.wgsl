// Transforms tiles of an image:  out[ξ, tile, channel] = (L X Lᵀ)[ξ]
//
// X is the IN x IN window of a tile. In the forward pass and the input gradient windows overlap by two pixels (IN =
// TILE + 2, L = Bᵀ); the weight gradient takes the tiles of dy without overlap (IN = TILE, L = A). Pixels past the edge
// follow `border`.
// Layout    image [n, SRC_H, SRC_W, 4·GROUPS]; out [OUT², tiles, 4·GROUPS]; tiles run over (image, row, column).
//           The arithmetic is in f32; an f16 value that leaves the range of f16 becomes infinite, and
//           outputTransform.wgsl computes its tile directly.
// Prelude   alias S (vec4f or vec4<f16>, as stored); separable.wgsl; fn poisonOf(x : Square) -> vec4u of poison.wgsl,
//           or zeros where no window is guarded: in the weight gradient, which sums over tiles and cannot compute one
//           of them directly, and in input gradients of f16; WG, SRC_H, SRC_W, GROUPS, TILES_H, TILES_W, TILES, TILE,
//           ORIGIN : i32, fn border(at : i32, extent : i32) -> i32.
// Dispatch  one thread per tile and four channels, channels fastest.
@group(0) @binding(0) var<storage, read_write> out : array<S>;
@group(0) @binding(1) var<storage, read> image : array<S>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u, @builtin(local_invocation_index) thread : u32) {
  let i = (group.y * groups.x + group.x) * WG + thread;
  if (i >= TILES * GROUPS) {
    return;
  }
  let channel = i % GROUPS;
  let tile = i / GROUPS;
  let row0 = i32(((tile / TILES_W) % TILES_H) * TILE) + ORIGIN;
  let column0 = i32((tile % TILES_W) * TILE) + ORIGIN;
  let first = tile / (TILES_W * TILES_H) * (SRC_H * SRC_W);
  var x : Square;
  for (var r = 0u; r < IN; r++) {
    let row = border(row0 + i32(r), i32(SRC_H));
    for (var c = 0u; c < IN; c++) {
      let column = border(column0 + i32(c), i32(SRC_W));
      let inside = u32(row) < SRC_H && u32(column) < SRC_W;
      let at = select(0u, (first + u32(row) * SRC_W + u32(column)) * GROUPS + channel, inside);
      x[r][c] = select(vec4f(), vec4f(image[at]), inside);
    }
  }
  let y = transform(x);
  let poison = poisonOf(x);
  for (var r = 0u; r < OUT; r++) {
    for (var c = 0u; c < OUT; c++) {
      out[(r * OUT + c) * (TILES * GROUPS) + i] = S(bitcast<vec4f>(bitcast<vec4u>(y[r][c]) | poison));
    }
  }
}
