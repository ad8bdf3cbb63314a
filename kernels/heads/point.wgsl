// Part: a point that follows the base mesh:  offset + Σ_k weight_k base[ref_k].
// Preconditions: tables.wgsl; `heads`, [batch, 2, VERTICES] vec4f, bound before or after this part.

/** The place of a point on the head whose vertices begin at `head`. */
fn follow(point : u32, head : u32) -> vec3f {
  let refs = wordOf(point, 0u);
  let offset = vec3f(valueOf(point, 5u), valueOf(point, 6u), valueOf(point, 7u));
  return offset + valueOf(point, 2u) * heads[head + (refs & 0xffffu)].xyz
    + valueOf(point, 3u) * heads[head + (refs >> 16u)].xyz
    + valueOf(point, 4u) * heads[head + wordOf(point, 1u)].xyz;
}
