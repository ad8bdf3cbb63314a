/** @file What the kernels of masks, colours and paste-back compute, in plain loops and float64. */
import { type Picture, type Point, type Similarity, scaleOf, transformed } from '@visage/photos';

const smoothstep = (low: number, high: number, x: number): number => {
  const t = Math.min(1, Math.max(0, (x - low) / (high - low)));
  return t * t * (3 - 2 * t);
};

/** The signed distance of a point from a polygon, positive inside. */
function depthOf([x, y]: Point, polygon: readonly Point[]): number {
  let [nearest, crossings] = [Number.POSITIVE_INFINITY, 0];
  for (const [k, [u, v]] of polygon.entries()) {
    const [p, q] = polygon[(k + 1) % polygon.length] as Point;
    const length = (p - u) ** 2 + (q - v) ** 2;
    const along = Math.min(1, Math.max(0, ((x - u) * (p - u) + (y - v) * (q - v)) / length));
    nearest = Math.min(nearest, Math.hypot(x - u - along * (p - u), y - v - along * (q - v)));
    if (v > y !== q > y && x < u + ((p - u) * (y - v)) / (q - v)) crossings++;
  }
  return crossings % 2 === 1 ? nearest : -nearest;
}

/** outlineMasks of one outline in pixels of the crop. */
export const plainOutlineMask = (outline: readonly Point[], size: number, feather: number, grow: number) =>
  Float32Array.from({ length: size * size }, (_, k) => {
    const [x, y] = [(k % size) + 0.5, Math.floor(k / size) + 0.5];
    return smoothstep(0, feather, Math.min(depthOf([x, y], outline) + grow, x, y, size - x, size - y));
  });

/** regionMasks of one region; `feather` in pixels. */
export function plainRegionMask(region: Float32Array, size: number, feather: number): Float32Array {
  const outside: Point[] = [];
  for (let y = -1; y <= size; y++)
    for (let x = -1; x <= size; x++) {
      const beyond = x < 0 || y < 0 || x === size || y === size;
      if (beyond || (region[y * size + x] as number) <= 0.5) outside.push([x, y]);
    }
  return region.map((_, k) => {
    const [x, y] = [k % size, Math.floor(k / size)];
    const nearest = outside.reduce((least, [u, v]) => Math.min(least, Math.hypot(x - u, y - v)), Infinity);
    return smoothstep(0, feather, nearest - 0.5);
  });
}

/** One face to paste. */
export interface PlainFace {
  readonly transform: Similarity;
  readonly crop: Float32Array;
  readonly swapped: Float32Array;
  readonly mask: Float32Array;
}

/** What changes at pixel k of a face's crop, and the share of detail that is lost there. */
function changeOf({ crop, swapped }: PlainFace, size: number, k: number): number[] {
  const change = (at: number): number[] =>
    [0, 1, 2].map((c) => Math.min(1, Math.max(0, swapped[3 * at + c] as number)) - (crop[3 * at + c] as number));
  let most = 0;
  for (let y = -2; y <= 2; y++)
    for (let x = -2; x <= 2; x++) {
      const [u, v] = [(k % size) + x, Math.floor(k / size) + y];
      if (u < 0 || v < 0 || u >= size || v >= size) continue;
      const largest = Math.max(...change(v * size + u).map(Math.abs));
      most = Math.max(most, largest * (1 - Math.hypot(x, y) / 4));
    }
  return [...change(k), smoothstep(0.01, 0.08, most)];
}

/** Adds the four taps around a place of the crop: mask, mask · crop (3), mask · change (3), mask · lost. */
function addTaps(sums: number[], face: PlainFace, size: number, [x, y]: Point, share: number): void {
  const [left, top] = [Math.floor(x - 0.5), Math.floor(y - 0.5)];
  for (const [u, v] of [
    [left, top],
    [left + 1, top],
    [left, top + 1],
    [left + 1, top + 1],
  ] as const) {
    if (u < 0 || v < 0 || u >= size || v >= size) continue;
    const at = v * size + u;
    const m = share * (1 - Math.abs(x - 0.5 - u)) * (1 - Math.abs(y - 0.5 - v)) * (face.mask[at] as number);
    const values = [1, ...face.crop.subarray(3 * at, 3 * at + 3), ...changeOf(face, size, at)];
    for (const [k, value] of values.entries()) sums[k] = (sums[k] ?? 0) + m * value;
  }
}

/** pasteBack without matched colours, before rounding: bytes of RGB as fractions, and the sum of the masks. */
export function plainPaste(target: Picture, faces: readonly PlainFace[], size: number) {
  const bytes = new Float64Array(3 * target.width * target.height);
  const masked = new Float64Array(target.width * target.height);
  for (let at = 0; at < masked.length; at++) {
    const [x, y] = [at % target.width, Math.floor(at / target.width)];
    const original = [0, 1, 2].map((c) => (target.data[4 * at + c] as number) / 255);
    const change = [0, 0, 0];
    for (const face of faces) {
      const middle = transformed(face.transform, [x + 0.5, y + 0.5]);
      if (middle.some((each) => each < 0 || each > size)) continue;
      const samples = Math.max(1, Math.round(scaleOf(face.transform)));
      const sums = [0, 0, 0, 0, 0, 0, 0, 0];
      for (let k = 0; k < samples * samples; k++) {
        const inner: Point = [x + ((k % samples) + 0.5) / samples, y + (Math.floor(k / samples) + 0.5) / samples];
        addTaps(sums, face, size, transformed(face.transform, inner), 1 / (samples * samples));
      }
      const [mask = 0, , , , , , , lost = 0] = sums;
      if (mask === 0) continue;
      masked[at] = (masked[at] as number) + mask;
      for (let c = 0; c < 3; c++) {
        const detail = (original[c] as number) - (sums[1 + c] as number) / mask;
        change[c] = (change[c] as number) + (sums[4 + c] as number) - lost * detail;
      }
    }
    for (let c = 0; c < 3; c++)
      bytes[3 * at + c] = 255 * ((original[c] as number) + (change[c] as number) / Math.max(1, masked[at] as number));
  }
  return { bytes, masked };
}

const OPPONENT = [
  [0.299, 0.587, 0.114],
  [-0.168736, -0.331264, 0.5],
  [0.5, -0.418688, -0.081312],
] as const;

/** Luma and colour differences of pixel k. */
export const opponentOf = (rgb: Float32Array, k: number): number[] =>
  OPPONENT.map((row) => row.reduce((sum, weight, c) => sum + weight * (rgb[3 * k + c] as number), 0));

interface Statistics {
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

function statisticsOf(values: readonly (readonly number[])[], weights: readonly number[]): Statistics {
  const total = weights.reduce((a, b) => a + b, 0);
  const average = (of: (value: readonly number[]) => number): number =>
    values.reduce((sum, value, k) => sum + (weights[k] as number) * of(value), 0) / total;
  const mean = [0, 1, 2].map((c) => average((value) => value[c] as number));
  const deviation = mean.map((m, c) => Math.sqrt(average((value) => ((value[c] as number) - m) ** 2)));
  return { mean, deviation };
}

const isNear = (value: readonly number[], { mean, deviation }: Statistics): boolean =>
  value.every((x, c) => Math.abs(x - (mean[c] as number)) <= 2.5 * ((deviation[c] as number) + 1 / 255));

/** The colours of `swapped`, matched to those of `crop`, in luma and colour differences, and the same unmatched. */
export function plainColours({ crop, swapped, mask }: Omit<PlainFace, 'transform'>) {
  const pixels = Array.from(mask, (_, k) => k);
  const [before, after] = [pixels.map((k) => opponentOf(crop, k)), pixels.map((k) => opponentOf(swapped, k))];
  const first = [statisticsOf(before, [...mask]), statisticsOf(after, [...mask])] as const;
  const weights = pixels.map((k) => {
    const near = isNear(before[k] as number[], first[0]) && isNear(after[k] as number[], first[1]);
    return near ? (mask[k] as number) : 0;
  });
  const [goal, from] = [statisticsOf(before, weights), statisticsOf(after, weights)];
  return after.map((value) =>
    value.map((x, c) => {
      const ratio = ((goal.deviation[c] as number) + 1 / 255) / ((from.deviation[c] as number) + 1 / 255);
      const gain = Math.min(2, Math.max(0.5, ratio));
      return gain * (x - (from.mean[c] as number)) + (goal.mean[c] as number);
    }),
  );
}
