// Part: the transforms of one axis of Winograd's F(4, 3), which takes six products, not twelve, for four outputs of a
// three-tap filter.
//
//   y = Aᵀ [(G g) ⊙ (Bᵀ d)]     Lavin and Gray 2016, section 4.3; interpolation points 0, 1, −1, 2, −2, ∞
//
// The weight gradient needs the adjoints of A and G as well. All values are vectors of four channels.
fn inputLine(d : array<vec4f, 6>) -> array<vec4f, 6> { // Bᵀ d
  let a = d[4] - 4.0 * d[2];
  let b = d[3] - 4.0 * d[1];
  let c = d[4] - d[2];
  let e = 2.0 * (d[3] - d[1]);
  return array(4.0 * d[0] - 5.0 * d[2] + d[4], a + b, a - b, c + e, c - e, 4.0 * d[1] - 5.0 * d[3] + d[5]);
}

fn weightLine(g : array<vec4f, 3>) -> array<vec4f, 6> { // G g
  let even = (g[0] + g[2]) / -6.0;
  let odd = g[1] / -6.0;
  let far = g[0] / 24.0 + g[2] / 6.0;
  let skew = g[1] / 12.0;
  return array(0.25 * g[0], even + odd, even - odd, far + skew, far - skew, g[2]);
}

fn outputLine(m : array<vec4f, 6>) -> array<vec4f, 4> { // Aᵀ m
  let even = m[1] + m[2];
  let odd = m[1] - m[2];
  let farEven = m[3] + m[4];
  let farOdd = m[3] - m[4];
  return array(m[0] + even + farEven, odd + 2.0 * farOdd, even + 4.0 * farEven, odd + 8.0 * farOdd + m[5]);
}

fn outputAdjointLine(y : array<vec4f, 4>) -> array<vec4f, 6> { // A y
  let even = y[0] + y[2];
  let odd = y[1] + y[3];
  let farEven = y[0] + 4.0 * y[2];
  let farOdd = 2.0 * y[1] + 8.0 * y[3];
  return array(y[0], even + odd, even - odd, farEven + farOdd, farEven - farOdd, y[3]);
}

fn weightAdjointLine(u : array<vec4f, 6>) -> array<vec4f, 3> { // Gᵀ u
  let near = (u[1] + u[2]) / -6.0;
  let far = u[3] + u[4];
  return array(0.25 * u[0] + near + far / 24.0, (u[2] - u[1]) / 6.0 + (u[3] - u[4]) / 12.0, near + far / 6.0 + u[5]);
}
