// Soft masks of faces, from their outlines.
//
//   out[n, y, x] = smoothstep(0, feather, min(depth inside the outline + grow, distance to the crop's nearest side))
//
// The depth is the signed distance to the outline, a closed polygon: positive inside. Whatever is outside the outline,
// grown by `grow`, is exactly 0, and so is the outside of the crop, so that a face which the crop cuts fades out before
// the cut.
// Layout    outlines [n, POINTS + 1] vec2f: the corners in pixels of the crop, then (feather, grow) in pixels; a
//           feather of 0 stands for no face. out [n, SIZE, SIZE, 1] f32.
// Prelude   SIZE, POINTS.
// Dispatch  (ceil(SIZE / 8), ceil(SIZE / 8), faces), one thread per pixel.
@group(0) @binding(0) var<storage, read_write> out : array<f32>;
@group(0) @binding(1) var<storage, read> outlines : array<vec2f>;

/** The distance of p from the polygon that begins at `first`; negative outside. */
fn depthOf(p : vec2f, first : u32) -> f32 {
  var nearest = 1e30;
  var inside = false;
  var begin = outlines[first + POINTS - 1u];
  for (var k = 0u; k < POINTS; k++) {
    let to = outlines[first + k];
    let edge = to - begin;
    let v = p - begin;
    let along = saturate(dot(v, edge) / max(dot(edge, edge), 1e-20));
    let off = v - edge * along;
    nearest = min(nearest, dot(off, off));
    // A ray to the right of p crosses this edge: p is inside if it crosses an odd number of edges.
    if ((begin.y > p.y) != (to.y > p.y) && v.x < edge.x * v.y / edge.y) {
      inside = !inside;
    }
    begin = to;
  }
  return select(-1.0, 1.0, inside) * sqrt(nearest);
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id : vec3u) {
  if (id.x >= SIZE || id.y >= SIZE) {
    return;
  }
  let first = id.z * (POINTS + 1u);
  let widths = outlines[first + POINTS];
  let p = vec2f(id.xy) + 0.5;
  var value = 0.0;
  if (widths.x > 0.0) {
    let sides = min(p, f32(SIZE) - p);
    let depth = min(depthOf(p, first) + widths.y, min(sides.x, sides.y));
    let t = saturate(depth / widths.x);
    value = t * t * (3.0 - 2.0 * t);
  }
  out[(id.z * SIZE + id.y) * SIZE + id.x] = value;
}
