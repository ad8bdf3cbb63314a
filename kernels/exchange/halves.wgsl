// Part: four numbers as they travel in f16: two words.
//
// Prelude   halfBits.wgsl before it, which rounds to nearest even and keeps infinity and NaN.
alias W = vec2u;

fn encode(v : vec4f) -> W {
  let h = halfBits(v);
  return h.xz | (h.yw << vec2u(16u));
}

fn decode(w : W) -> vec4f {
  return vec4f(unpack2x16float(w.x), unpack2x16float(w.y));
}
