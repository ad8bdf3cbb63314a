// Part: the transforms of one axis of Winograd's F(4, 3), which takes six products, not twelve, for four outputs of a
// three-tap filter.
//
//   y = Aᵀ [(G g) ⊙ (Bᵀ d)]     Lavin and Gray 2016, section 4.3; interpolation points 0, ±1/√2, ±√2, ∞
//
// The usual points 0, ±1, ±2 lose twice as many bits when the transformed operands are rounded to f16. The products of
// a row of G, a row of Bᵀ and a column of Aᵀ are free to be scaled as long as they multiply to the same number. Here
// rows of Bᵀ have norms of 1 to 1.4 and rows of G of 0.9 to 1, so that f16 keeps its range: Bᵀ is half of that of the
// points, the rows of G for ±√2 are twice theirs, and Aᵀ makes up for both.
//
// The weight gradient needs the adjoints of A, without the factor 2 that makes up for Bᵀ, and of G, with it. All values
// are vectors of four channels.
const NEAR = 0.70710678; // 1/√2
const FAR = 1.41421356; // √2

fn inputLine(d : array<vec4f, 6>) -> array<vec4f, 6> { // Bᵀ d
  let a = 0.5 * d[4] - d[2];
  let b = (0.5 * NEAR) * d[3] - NEAR * d[1];
  let c = 0.5 * d[4] - 0.25 * d[2];
  let e = (0.5 * FAR) * d[3] - (0.25 * FAR) * d[1];
  return array(0.5 * (d[0] + d[4]) - 1.25 * d[2], a + b, a - b, c + e, c - e, 0.5 * (d[1] + d[5]) - 1.25 * d[3]);
}

fn weightLine(g : array<vec4f, 3>) -> array<vec4f, 6> { // G g
  let even = (g[0] + 0.5 * g[2]) / -1.5;
  let odd = g[1] * (NEAR / -1.5);
  let far = (g[0] + 2.0 * g[2]) / 3.0;
  let skew = g[1] * (FAR / 3.0);
  return array(g[0], even + odd, even - odd, far + skew, far - skew, g[2]);
}

fn outputLine(m : array<vec4f, 6>) -> array<vec4f, 4> { // Aᵀ m
  let even = 2.0 * (m[1] + m[2]);
  let odd = (2.0 * NEAR) * (m[1] - m[2]);
  let farEven = m[3] + m[4];
  let farOdd = FAR * (m[3] - m[4]);
  return array(2.0 * m[0] + even + farEven, odd + farOdd, 0.5 * even + 2.0 * farEven, 0.5 * odd + 2.0 * farOdd + 2.0 * m[5]);
}

fn outputAdjointLine(y : array<vec4f, 4>) -> array<vec4f, 6> { // A y / 2
  let even = y[0] + 0.5 * y[2];
  let odd = NEAR * (y[1] + 0.5 * y[3]);
  let farEven = 0.5 * y[0] + y[2];
  let farOdd = FAR * (0.5 * y[1] + y[3]);
  return array(y[0], even + odd, even - odd, farEven + farOdd, farEven - farOdd, y[3]);
}

fn weightAdjointLine(u : array<vec4f, 6>) -> array<vec4f, 3> { // 2 Gᵀ u
  let near = (u[1] + u[2]) / -0.75;
  let far = (u[3] + u[4]) / 1.5;
  let odd = (u[1] - u[2]) * (NEAR / -0.75) + (u[3] - u[4]) * (FAR / 1.5);
  return array(2.0 * u[0] + near + far, odd, 0.5 * near + 2.0 * far + 2.0 * u[5]);
}
