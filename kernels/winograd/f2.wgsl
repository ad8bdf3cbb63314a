// Part: the transforms of one axis of Winograd's F(2, 3), which takes four products, not six, for two outputs of a
// three-tap filter.
//
//   y = Aᵀ [(G g) ⊙ (Bᵀ d)]     Lavin and Gray 2016, section 4.1; interpolation points 0, 1, −1, ∞
//
// The weight gradient needs the adjoints of A and G as well. All values are vectors of four channels.
fn inputLine(d : array<vec4f, 4>) -> array<vec4f, 4> { // Bᵀ d
  return array(d[0] - d[2], d[1] + d[2], d[2] - d[1], d[1] - d[3]);
}

fn weightLine(g : array<vec4f, 3>) -> array<vec4f, 4> { // G g
  let even = 0.5 * (g[0] + g[2]);
  let odd = 0.5 * g[1];
  return array(g[0], even + odd, even - odd, g[2]);
}

fn outputLine(m : array<vec4f, 4>) -> array<vec4f, 2> { // Aᵀ m
  return array(m[0] + m[1] + m[2], m[1] - m[2] - m[3]);
}

fn outputAdjointLine(y : array<vec4f, 2>) -> array<vec4f, 4> { // A y
  return array(y[0], y[0] + y[1], y[0] - y[1], -y[1]);
}

fn weightAdjointLine(u : array<vec4f, 4>) -> array<vec4f, 3> { // Gᵀ u
  let even = 0.5 * (u[1] + u[2]);
  return array(u[0] + even, 0.5 * (u[1] - u[2]), even + u[3]);
}
