/** @file An RGB image on the host, between files and tensors. */
import { ArgumentError, checkInteger } from '@visage/gpu';

/** RGB image: row by row, three values in [0, 1] per pixel; the layout of one NHWC image tensor. */
export interface Image {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

/** Throws unless both are the sides of an image. */
function checkSides(op: string, width: number, height: number): void {
  checkInteger(op, 'width', width, 1);
  checkInteger(op, 'height', height, 1);
}

/** Makes an image; `data` defaults to black. */
export function image(width: number, height: number, given?: Float32Array): Image {
  checkSides('image', width, height);
  const data = given ?? new Float32Array(width * height * 3);
  if (data.length !== width * height * 3) {
    throw new ArgumentError(
      'image',
      'data',
      `${data.length} values`,
      `${width * height * 3} for ${width} x ${height} RGB`,
    );
  }
  return { width, height, data };
}

/** Cuts a batch [count, height, width, 3] into images that share its memory. */
export function imagesOf(batch: Float32Array, width: number, height = width): Image[] {
  checkSides('imagesOf', width, height);
  const size = width * height * 3;
  if (batch.length % size !== 0) {
    throw new ArgumentError('imagesOf', 'batch', `${batch.length} values`, `a multiple of ${size}`);
  }
  return Array.from({ length: batch.length / size }, (_, n) =>
    image(width, height, batch.subarray(n * size, (n + 1) * size)),
  );
}

/** Copies `part` into `whole` with its upper left corner at (x, y); what falls outside is cut off. */
export function paste(whole: Image, part: Image, x: number, y: number): void {
  const width = Math.min(part.width, whole.width - x);
  const height = Math.min(part.height, whole.height - y);
  for (let row = 0; row < height; row++) {
    const from = row * part.width * 3;
    whole.data.set(part.data.subarray(from, from + width * 3), ((y + row) * whole.width + x) * 3);
  }
}

/**
 * Weights of the source positions that make up each target position along one axis: a triangle as wide as the larger
 * pixel.
 */
function axisWeights(from: number, to: number): { first: number; weights: number[] }[] {
  const scale = from / to;
  const radius = Math.max(scale, 1);
  return Array.from({ length: to }, (_, n) => {
    const center = (n + 0.5) * scale - 0.5;
    const first = Math.max(0, Math.ceil(center - radius));
    const last = Math.min(from - 1, Math.floor(center + radius));
    const raw = Array.from({ length: last - first + 1 }, (_, k) =>
      Math.max(0, 1 - Math.abs(first + k - center) / radius),
    );
    const sum = raw.reduce((total, weight) => total + weight, 0);
    return { first, weights: raw.map((weight) => weight / sum) };
  });
}

/** Resizes with a triangle filter: bilinear when it enlarges, averaging when it shrinks. */
export function resizeImage(source: Image, width: number, height = width): Image {
  checkSides('resizeImage', width, height);
  if (source.width === width && source.height === height) return source;
  const [across, down] = [axisWeights(source.width, width), axisWeights(source.height, height)];
  const rows = new Float32Array(source.height * width * 3);
  const out = image(width, height);
  for (let y = 0; y < source.height; y++) {
    across.forEach(({ first, weights }, x) => {
      for (let c = 0; c < 3; c++) {
        let sum = 0;
        weights.forEach((weight, k) => {
          sum += weight * (source.data[(y * source.width + first + k) * 3 + c] as number);
        });
        rows[(y * width + x) * 3 + c] = sum;
      }
    });
  }
  down.forEach(({ first, weights }, y) => {
    for (let x = 0; x < width * 3; x++) {
      let sum = 0;
      weights.forEach((weight, k) => {
        sum += weight * (rows[(first + k) * width * 3 + x] as number);
      });
      out.data[y * width * 3 + x] = sum;
    }
  });
  return out;
}
