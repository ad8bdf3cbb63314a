/** @file What the kernels of photographs compute, in plain loops and float64. */
import { inverted, type Picture, picture, type Similarity, scaleOf, transformed } from '@visage/photos';
import { hostRandom } from '../helpers/random.ts';

/** A picture of random pixels, smooth enough that a wrong position shows as a small error, and noise on top. */
export function randomPicture(width: number, height: number, seed = 1): Picture {
  const noise = hostRandom(seed).normals(4 * width * height, 12);
  const data = new Uint8Array(4 * width * height);
  for (let at = 0; at < data.length; at++) {
    const [channel, x, y] = [at % 4, (at >> 2) % width, Math.floor((at >> 2) / width)];
    const wave = 128 + 90 * Math.sin(x / (7 + channel) + seed) * Math.cos(y / (9 - channel));
    data[at] = channel === 3 ? 255 - (at % 13) : Math.max(0, Math.min(255, wave + (noise[at] as number)));
  }
  return picture(width, height, data);
}

type Sampler = (x: number, y: number, channel: number) => number;

/** The picture at pixel (x, y), 0 outside. */
const pixelsOf =
  ({ width, height, data }: Picture): Sampler =>
  (x, y, channel) =>
    x < 0 || y < 0 || x >= width || y >= height ? 0 : (data[4 * (y * width + x) + channel] as number);

/** Bilinear interpolation between whole positions. */
export function bilinear(at: Sampler, x: number, y: number, channel: number, last = [Infinity, Infinity]): number {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const [right, bottom] = [Math.min(left + 1, last[0] as number), Math.min(top + 1, last[1] as number)];
  const [s, t] = [x - left, y - top];
  const upper = (1 - s) * at(left, top, channel) + s * at(right, top, channel);
  return (1 - t) * upper + t * ((1 - s) * at(left, bottom, channel) + s * at(right, bottom, channel));
}

export interface PlainCropOptions {
  readonly sampling?: 'bilinear' | 'area';
  readonly origin?: 'corner' | 'index';
}

/** cropPictures of one transform. */
export function plainCrop(source: Picture, transform: Similarity, size: number, options: PlainCropOptions = {}) {
  const { sampling = 'area', origin = 'corner' } = options;
  const back = inverted(transform);
  const at = pixelsOf(source);
  const samples = sampling === 'area' ? Math.max(1, Math.round(1 / scaleOf(transform))) : 1;
  const out = new Float32Array(3 * size * size);
  const end = transformed(back, [size, size]);
  const last = origin === 'index' ? end.map((edge) => Math.round(edge) - 1) : undefined;
  for (let k = 0; k < out.length; k++) {
    const [channel, column, row] = [k % 3, Math.floor(k / 3) % size, Math.floor(k / 3 / size)];
    let sum = 0;
    for (let i = 0; i < samples; i++)
      for (let j = 0; j < samples; j++) {
        const [dx, dy] = origin === 'index' ? [0, 0] : [(i + 0.5) / samples, (j + 0.5) / samples];
        const [x, y] = transformed(back, [column + dx, row + dy]);
        const half = origin === 'index' ? 0 : 0.5;
        sum += bilinear(at, x - half, y - half, channel, last);
      }
    out[k] = sum / (255 * samples * samples);
  }
  return out;
}
