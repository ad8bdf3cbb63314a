/**
 * Ambient occlusion of the points of the mean head: how much of the sky above each is open, weighted by the cosine,
 * from the depth maps of 64 directions. Baked for the bald head and again with each style of hair, which shades the
 * skin.
 */
import { DepthMap } from './depthMap.mjs';
import { positionsOf } from './model.mjs';

const DIRECTIONS = 64;

/** Decimetres by which a surface must lie above a point to shade it. */
const BIAS = 0.024;

/** Unit vectors spread evenly over the sphere: a spiral that turns by the golden angle. */
const directions = Array.from({ length: DIRECTIONS }, (_, k) => {
  const y = 1 - (2 * (k + 0.5)) / DIRECTIONS;
  const [radius, angle] = [Math.sqrt(1 - y * y), k * Math.PI * (3 - Math.sqrt(5))];
  return [radius * Math.cos(angle), y, radius * Math.sin(angle)];
});

/** Unit normals of points [points, 3]: the mean of the triangles around them, weighted by area. */
function normalsOf(points, triangles) {
  const normals = new Float64Array(points.length);
  for (let t = 0; t < triangles.length; t += 3) {
    const [a, b, c] = [0, 1, 2].map((k) => points.subarray(3 * triangles[t + k], 3 * triangles[t + k] + 3));
    const [u, v] = [b, c].map((p) => [p[0] - a[0], p[1] - a[1], p[2] - a[2]]);
    const normal = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
    for (let i = 0; i < 9; i++) normals[3 * triangles[t + Math.floor(i / 3)] + (i % 3)] += normal[i % 3];
  }
  for (let i = 0; i < normals.length; i += 3) {
    const length = Math.hypot(normals[i], normals[i + 1], normals[i + 2]) || 1;
    for (let c = 0; c < 3; c++) normals[i + c] /= length;
  }
  return normals;
}

/** A part with its points on the mean head, its triangles over points, and sums of open and of all sky. */
function prepare(part, base) {
  const points = positionsOf(part, base);
  const triangles = part.triangles.map((v) => part.vertex[v]);
  const count = points.length / 3;
  const near = Array.from({ length: count }, () => new Set());
  for (let t = 0; t < triangles.length; t++) {
    const next = t % 3 === 2 ? t - 2 : t + 1;
    near[triangles[t]].add(triangles[next]);
    near[triangles[next]].add(triangles[t]);
  }
  const sums = { open: new Float64Array(count), all: new Float64Array(count) };
  return { part, points, triangles, normals: normalsOf(points, triangles), near, ...sums };
}

/** Adds what a direction shows of the sky to the sums of a part. Hair has no side, so that its normals do not count. */
function gather({ part, points, normals, open, all }, map) {
  const isHair = part.kind === 'hair';
  for (let i = 0; i < points.length; i += 3) {
    const cosine = [0, 1, 2].reduce((sum, c) => sum + normals[i + c] * map.direction[c], 0);
    const weight = isHair ? 0.5 : Math.max(0, cosine);
    if (weight === 0) continue;
    const at = [0, 1, 2].map((c) => {
      const out = isHair ? 0.05 * map.direction[c] : 0.0175 * (normals[i + c] + map.direction[c]);
      return points[i + c] + out;
    });
    all[i / 3] += weight;
    if (map.isLit(at, BIAS)) open[i / 3] += weight;
  }
}

/** Share of open sky as bytes, smoothed twice over neighbours. */
function bytesOf({ open, all, near }) {
  let values = Float64Array.from(open, (sum, k) => (all[k] > 0 ? sum / all[k] : 1));
  for (let round = 0; round < 2; round++) {
    values = values.map((x, k) => {
      const around = [...near[k]];
      return around.reduce((sum, j) => sum + values[j], 2 * x) / (2 + around.length);
    });
  }
  return Uint8Array.from(values, (x) => Math.round(255 * x));
}

/** Height of the fringe that is cut before the face, and half the width of the cut. */
const FRINGE = 7.8;
const isCut = ([x, y, z]) => z > 1 && y < FRINGE && Math.abs(x) < 0.62 - 0.1 * (y - 7.3);

/** Adds hair where it is solid: the alpha of its texture is at least one half, and the fringe is not cut. */
function addHair(map, { part, points }, { bytes, width, height }, layer) {
  const placed = Float64Array.from({ length: 3 * part.vertex.length }, (_, i) => {
    return points[3 * part.vertex[Math.floor(i / 3)] + (i % 3)];
  });
  map.add(placed, part.triangles, (a, b, c, weights) => {
    const mix = (values, stride, k) =>
      weights[0] * values[stride * a + k] + weights[1] * values[stride * b + k] + weights[2] * values[stride * c + k];
    const pixel = (size, k) => Math.min(size - 1, Math.max(0, Math.floor(size * mix(part.uv, 2, k))));
    const at = (layer * height + pixel(height, 1)) * width + pixel(width, 0);
    return bytes[2 * at + 1] >= 128 && !isCut([0, 1, 2].map((k) => mix(placed, 3, k)));
  });
}

/** Which parts shade a part. Teeth and tongue shade only each other, as the mouth opens with the expression. */
const isMouth = ({ part }) => part.kind === 'teeth' || part.kind === 'tongue';

/**
 * Rows of occlusion: of the points of body, eyes, teeth, tongue, first brows and first lashes for the bald head, then
 * of the same and the hair for each style.
 *
 * @param shapes base and parts as `readShapes` makes them.
 * @param hairTextures luminance and alpha of the styles of hair.
 * @returns {{ name: string, bytes: Uint8Array }[]}
 */
export function bakeOcclusion({ base, parts }, hairTextures) {
  const first = (kind) =>
    prepare(
      parts.find((part) => part.kind === kind),
      base,
    );
  const fixed = ['body', 'eyes', 'teeth', 'tongue', 'brows', 'lashes'].map(first);
  const [body, eyes, teeth, tongue] = fixed;
  const styles = parts.filter((part) => part.kind === 'hair').map((part) => prepare(part, base));
  const fresh = (each) => ({
    ...each,
    open: new Float64Array(each.open.length),
    all: new Float64Array(each.all.length),
  });
  const rows = [null, ...styles].map((hair) => ({ hair, under: fixed.map(fresh) }));
  for (const direction of directions) {
    const mouth = new DepthMap(direction);
    for (const { points, triangles } of [teeth, tongue]) mouth.add(points, triangles);
    const bald = new DepthMap(direction);
    for (const { points, triangles } of [body, eyes]) bald.add(points, triangles);
    rows.forEach(({ hair, under }, k) => {
      const map = hair ? bald.copy() : bald;
      if (hair) addHair(map, hair, hairTextures, k - 1);
      for (const each of under) gather(each, isMouth(each) ? mouth : map);
      if (hair) gather(hair, map);
    });
  }
  return rows.map(({ hair, under }) => ({
    name: hair?.part.name ?? 'bald',
    bytes: Buffer.concat([...under, ...(hair ? [hair] : [])].map(bytesOf)),
  }));
}
