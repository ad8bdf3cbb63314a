// Products of the transformed domain back into pixels:  image tile = finish(Aᵀ M A)
//
// Layout    products [IN², tiles, N]; image [n, H, W, N]; tiles hang over the right and lower edge where TILE does not divide H or W.
// Prelude   separable.wgsl with OUT the side of a tile; WG, H, W, N, TILES_H, TILES_W, TILES,
//           fn finish(row : u32, n : u32, sums : vec4f) -> vec4f of a product's epilogue: pixels are its rows.
// Dispatch  one invocation per tile and four channels, channels fastest.
@group(0) @binding(0) var<storage, read_write> image : array<vec4f>;
@group(0) @binding(1) var<storage, read> products : array<vec4f>;

const GROUPS = N / 4u;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u, @builtin(local_invocation_index) lane : u32) {
  let i = (group.y * groups.x + group.x) * WG + lane;
  if (i >= TILES * GROUPS) {
    return;
  }
  var m : Square;
  for (var r = 0u; r < IN; r++) {
    for (var c = 0u; c < IN; c++) {
      m[r][c] = products[(r * IN + c) * (TILES * GROUPS) + i];
    }
  }
  let y = transform(m);
  let channel = i % GROUPS;
  let tile = i / GROUPS;
  let row0 = ((tile / TILES_W) % TILES_H) * OUT;
  let column0 = (tile % TILES_W) * OUT;
  let first = tile / (TILES_W * TILES_H) * (H * W);
  for (var r = 0u; r < OUT; r++) {
    for (var c = 0u; c < OUT; c++) {
      if (row0 + r < H && column0 + c < W) {
        let pixel = first + (row0 + r) * W + column0 + c;
        image[pixel * GROUPS + channel] = finish(pixel, 4u * channel, y[r][c]);
      }
    }
  }
}
