/** An orthographic map of heights above a plane, for ambient occlusion: how far the nearest surface reaches. */

const normalize = (v) => v.map((x) => x / Math.hypot(...v));
const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];

/** Pixels along a side. */
const SIZE = 512;

/** The square that the map shows: half its side and its centre, in decimetres. */
const HALF = 2.6;
const CENTRE = [0, 6.9, 0.6];

/** Heights towards `direction`, a unit vector to the light. */
export class DepthMap {
  constructor(direction, heights = new Float64Array(SIZE * SIZE).fill(-Infinity)) {
    this.direction = direction;
    const x = normalize(cross(Math.abs(direction[1]) > 0.9 ? [0, 0, 1] : [0, 1, 0], direction));
    this.axes = [x, cross(direction, x)];
    this.heights = heights;
  }

  /** Another map with the same surfaces, to add more to. */
  copy() {
    return new DepthMap(this.direction, this.heights.slice());
  }

  /** Column, row and height of a point. */
  project(point) {
    const from = point.map((x, c) => x - CENTRE[c]);
    const [u, v] = this.axes.map((axis) => (dot(axis, from) / HALF / 2 + 0.5) * SIZE);
    return [u, v, dot(this.direction, from)];
  }

  /**
   * Adds triangles over points [points, 3].
   *
   * @param {(a: number, b: number, c: number, weights: number[]) => boolean} isSolid whether the surface is there, from
   * the corners of a triangle and the weights of its corners.
   */
  add(points, triangles, isSolid = () => true) {
    const projected = Array.from({ length: points.length / 3 }, (_, k) => this.project(points.slice(3 * k, 3 * k + 3)));
    for (let t = 0; t < triangles.length; t += 3) {
      const corners = [triangles[t], triangles[t + 1], triangles[t + 2]];
      this.#addTriangle(...corners.map((k) => projected[k]), (weights) => isSolid(...corners, weights));
    }
  }

  #addTriangle(a, b, c, isSolid) {
    const area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
    if (area === 0) return;
    const first = (k) => Math.max(0, Math.ceil(Math.min(a[k], b[k], c[k]) - 0.5));
    const last = (k) => Math.min(SIZE - 1, Math.floor(Math.max(a[k], b[k], c[k]) - 0.5));
    for (let y = first(1); y <= last(1); y++) {
      for (let x = first(0); x <= last(0); x++) {
        const [px, py] = [x + 0.5, y + 0.5];
        const u = ((b[0] - px) * (c[1] - py) - (b[1] - py) * (c[0] - px)) / area;
        const v = ((c[0] - px) * (a[1] - py) - (c[1] - py) * (a[0] - px)) / area;
        const w = 1 - u - v;
        if (u < 0 || v < 0 || w < 0) continue;
        const height = u * a[2] + v * b[2] + w * c[2];
        if (height > this.heights[y * SIZE + x] && isSolid([u, v, w])) this.heights[y * SIZE + x] = height;
      }
    }
  }

  /** Whether nothing that was added lies above a point by more than `bias`; outside the map nothing does. */
  isLit(point, bias) {
    const [u, v, height] = this.project(point);
    const [x, y] = [Math.floor(u), Math.floor(v)];
    if (x < 0 || y < 0 || x >= SIZE || y >= SIZE) return true;
    return this.heights[y * SIZE + x] <= height + bias;
  }
}
