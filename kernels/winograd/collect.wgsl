// Products of the transformed domain back into pixels:  image tile = Aᵀ M A + bias
//
// Layout    products [IN², tiles, 4·GROUPS]; image [n, H, W, 4·GROUPS]; tiles hang over the right and lower edge where TILE does not divide H or W.
// Prelude   separable.wgsl with OUT the side of a tile; WG, H, W, GROUPS, TILES_H, TILES_W, TILES, fn bias(c : u32) -> vec4f.
// Dispatch  one invocation per tile and four channels, channels fastest.
@group(0) @binding(0) var<storage, read_write> image : array<vec4f>;
@group(0) @binding(1) var<storage, read> products : array<vec4f>;

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
        image[(first + (row0 + r) * W + column0 + c) * GROUPS + channel] = y[r][c] + bias(channel);
      }
    }
  }
}
