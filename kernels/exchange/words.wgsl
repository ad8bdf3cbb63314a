// Part: four numbers as they travel in f32: their bits, so that infinity and NaN arrive as they are.
alias W = vec4u;

fn encode(v : vec4f) -> W {
  return bitcast<vec4u>(v);
}

fn decode(w : W) -> vec4f {
  return bitcast<vec4f>(w);
}
