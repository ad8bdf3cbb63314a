/**
 * Thins a surface by collapsing edges: a point moves onto a neighbour, so that what is left are points of before with
 * their fit and their places in the texture. The order follows the quadric error of Garland and Heckbert 1997.
 */

const sub = (a, b) => a.map((x, c) => x - b[c]);
const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];

/** A surface under thinning. `positions` [points, 3] measure the error. */
class Thinning {
  constructor({ vertex, triangles }, positions) {
    this.vertex = vertex;
    this.at = Array.from({ length: positions.length / 3 }, (_, p) => [...positions.slice(3 * p, 3 * p + 3)]);
    this.triangles = new Map();
    this.around = this.at.map(() => new Set());
    for (let t = 0; t < triangles.length / 3; t++) {
      const corners = triangles.slice(3 * t, 3 * t + 3);
      this.triangles.set(t, corners);
      for (const v of corners) this.around[vertex[v]].add(t);
    }
    this.planes = this.at.map((_, p) => [...this.around[p]].map((t) => this.#plane(this.triangles.get(t))));
    this.costs = new Map();
    this.at.forEach((_, p) => {
      this.#measure(p);
    });
  }

  #normal(corners) {
    const [a, b, c] = corners.map((v) => this.at[this.vertex[v]]);
    return cross(sub(b, a), sub(c, a));
  }

  /** Unit normal, distance from the origin, and area of a triangle. */
  #plane(corners) {
    const normal = this.#normal(corners);
    const length = Math.hypot(...normal) || 1;
    const unit = normal.map((x) => x / length);
    return [...unit, -dot(unit, this.at[this.vertex[corners[0]]]), length];
  }

  #neighbours(p) {
    const near = new Set([...this.around[p]].flatMap((t) => this.triangles.get(t).map((v) => this.vertex[v])));
    near.delete(p);
    return near;
  }

  /**
   * What each vertex of p becomes when p moves to q: the vertex of q on the same side of a seam; none if it has none.
   */
  #moves(p, q) {
    const moves = new Map();
    for (const t of this.around[p]) {
      const corners = this.triangles.get(t);
      const from = corners.find((v) => this.vertex[v] === p);
      const to = corners.find((v) => this.vertex[v] === q);
      if (to !== undefined) moves.set(from, to);
    }
    const all = [...this.around[p]].every((t) => moves.has(this.triangles.get(t).find((v) => this.vertex[v] === p)));
    return all ? moves : undefined;
  }

  /** Whether moving p to q keeps the surface a surface and turns no triangle over. */
  #isSound(p, q) {
    const near = this.#neighbours(p);
    const shared = [...this.#neighbours(q)].filter((each) => near.has(each));
    const both = [...this.around[p]].filter((t) => this.around[q].has(t));
    if (shared.length !== both.length || both.length !== 2) return false;
    const moves = this.#moves(p, q);
    if (!moves) return false;
    return [...this.around[p]].every((t) => {
      if (this.around[q].has(t)) return true;
      const corners = this.triangles.get(t);
      const [before, after] = [corners, corners.map((v) => moves.get(v) ?? v)].map((each) => this.#normal(each));
      return dot(before, after) > 0.3 * Math.hypot(...before) * Math.hypot(...after);
    });
  }

  /** Finds the best neighbour for p to move to. */
  #measure(p) {
    this.costs.delete(p);
    for (const q of this.#neighbours(p)) {
      const point = this.at[q];
      const error = this.planes[p].reduce((sum, n) => sum + n[4] * (dot(n, point) + n[3]) ** 2, 0);
      const cost = error + 1e-9 * Math.hypot(...sub(point, this.at[p]));
      if (cost < (this.costs.get(p)?.cost ?? Infinity) && this.#isSound(p, q)) this.costs.set(p, { cost, to: q });
    }
  }

  /** Makes the cheapest collapse; false if there is none. */
  step() {
    let best;
    for (const [p, { cost, to }] of this.costs) if (!best || cost < best.cost) best = { p, cost, to };
    if (!best) return false;
    const { p, to } = best;
    const near = this.#neighbours(p);
    const moves = this.#moves(p, to);
    for (const t of this.around[p]) {
      const corners = this.triangles.get(t);
      if (this.around[to].has(t)) {
        this.triangles.delete(t);
        for (const v of corners) if (this.vertex[v] !== p) this.around[this.vertex[v]].delete(t);
      } else {
        this.triangles.set(
          t,
          corners.map((v) => moves.get(v) ?? v),
        );
        this.around[to].add(t);
      }
    }
    this.around[p] = new Set();
    this.planes[to] = [...this.planes[to], ...this.planes[p]];
    this.costs.delete(p);
    for (const each of new Set([...near, ...this.#neighbours(to)])) this.#measure(each);
    return true;
  }
}

/**
 * The same surface with at most `most` triangles, if it can be thinned so far.
 *
 * @param {{ vertex: number[], triangles: number[] }} surface the point of each vertex, and triangles of vertices.
 * @param {ArrayLike<number>} positions of the points [points, 3].
 * @returns {number[]} triangles of the same vertices.
 */
export function thin(surface, positions, most) {
  const thinning = new Thinning(surface, positions);
  while (thinning.triangles.size > most && thinning.step());
  return [...thinning.triangles.values()].flat();
}
