/**
 * @file The augmentation that makes DeepFakes work: the network sees a photo through a randomly bent grid and has to
 * give it back straight, so it learns what the person's face looks like rather than to copy pixels.
 *
 * On the host each photo gets a 5×5 grid of positions with noise, and the similarity that fits it best; a frame turned,
 * moved, zoomed and perhaps mirrored by chance lies under both. On the device the grid is enlarged to a position per
 * pixel. The original turned the photo first and bent it then; one look-up at the composed position does both and blurs
 * once.
 */
import { checkNumber, checkOptions, type OptionKeys } from '@visage/gpu';
import type { HostRandom } from '@visage/nn';
import { resize, slice, type Tensor, tensor } from '@visage/tensor';
import { elementOf } from '../../core/lists.ts';
import { sampleImages } from '../sampleImages.ts';

/** How much a photo is changed. */
export interface WarpSettings {
  /** Most degrees of a turn. */
  readonly rotation: number;
  /** Most change of scale, as a share. */
  readonly zoom: number;
  /** Most movement, as a share of the side. */
  readonly shift: number;
  /** Probability of a mirror image. */
  readonly flip: number;
  /** Share of the photo's side that the grid spans, about the centre. */
  readonly coverage: number;
  /** Standard deviation of the noise on grid positions, as a share of the photo's side. */
  readonly jitter: number;
}

/** The original's numbers: 160 of 256 pixels, noise of 5. */
export const originalWarp: WarpSettings = {
  rotation: 10,
  zoom: 0.05,
  shift: 0.05,
  flip: 0.4,
  coverage: 160 / 256,
  jitter: 5 / 256,
};

const SETTINGS: OptionKeys<WarpSettings> = {
  rotation: true,
  zoom: true,
  shift: true,
  flip: true,
  coverage: true,
  jitter: true,
};
const NODES = 5;
/**
 * The enlarged grid is a quarter wider than the result: beyond the outer nodes, half a cell away from the border, there
 * is nothing between which to mix.
 */
const MARGIN = 1 / 8;

type Point = readonly [row: number, column: number];

/** Where a batch of warps looks photos up, in pixels whose centres are whole numbers. */
export interface Warps {
  /** Nodes of the bent grids [N, 5, 5, 2]. */
  readonly grid: Float32Array;
  /**
   * The straight frames [N, 3, 2]: the position of the result's centre, and the steps of a whole side downwards and to
   * the right.
   */
  readonly frame: Float32Array;
}

/** Draws the warps of `count` square photos of `side` pixels. */
export function drawWarps(random: HostRandom, count: number, side: number, settings: WarpSettings): Warps {
  checkOptions('drawWarps', settings, SETTINGS);
  for (const [name, value] of Object.entries(settings)) checkNumber('drawWarps', name, value, 0);
  const { rotation, zoom, shift, flip, coverage, jitter } = settings;
  const grid = new Float32Array(count * NODES * NODES * 2);
  const frame = new Float32Array(count * 6);
  for (let n = 0; n < count; n++) {
    const [angle, scale, down, right, mirror] = random.uniform(5, -1, 1) as unknown as [
      number,
      number,
      number,
      number,
      number,
    ];
    const turn = (angle * rotation * Math.PI) / 180;
    const size = (1 + scale * zoom) * side;
    const mirrored = mirror < 2 * flip - 1 ? -1 : 1;
    const centre = (side - 1) / 2;
    /** A position in the turned frame, in shares of its side from the centre, as a position in the photo. */
    const place = ([y, x]: Point): Point => [
      centre + shift * side * down + size * (Math.cos(turn) * y + mirrored * Math.sin(turn) * x),
      centre + shift * side * right + size * (mirrored * Math.cos(turn) * x - Math.sin(turn) * y),
    ];
    const regular = nodes().map(([y, x]): Point => [coverage * y, coverage * x]);
    const noise = random.normal(2 * NODES * NODES, 0, jitter);
    const at = (k: number): number => elementOf(noise, k, 'drawWarps: noise');
    const bent = regular.map(([y, x], k): Point => [y + at(2 * k), x + at(2 * k + 1)]);
    grid.set(bent.flatMap(place), n * NODES * NODES * 2);
    const straight = fitted(bent);
    const inPhoto = (p: Point): Point => place(straight(p));
    const [origin, bottom, rightEnd] = [inPhoto([0, 0]), inPhoto([1, 0]), inPhoto([0, 1])];
    const steps = [origin, difference(bottom, origin), difference(rightEnd, origin)];
    frame.set(steps.flat(), n * 6);
  }
  return { grid, frame };
}

/** Nodes of the regular grid, in shares of its side from the centre. */
const nodes = (): Point[] =>
  Array.from({ length: NODES * NODES }, (_, k) => [
    Math.floor(k / NODES) / (NODES - 1) - 0.5,
    (k % NODES) / (NODES - 1) - 0.5,
  ]);

const difference = (a: Point, b: Point): Point => [a[0] - b[0], a[1] - b[1]];

/**
 * The inverse of the similarity that takes the given positions closest to the regular grid, in least squares (Umeyama
 * 1991; in the plane a similarity is a complex number times the position plus another).
 */
function fitted(positions: readonly Point[]): (p: Point) => Point {
  const mean = (axis: 0 | 1) => positions.reduce((sum, p) => sum + p[axis], 0) / positions.length;
  const centre: Point = [mean(0), mean(1)];
  let [real, imaginary, square] = [0, 0, 0];
  nodes().forEach((node, k) => {
    const [y, x] = difference(elementOf(positions, k, 'fitted: positions'), centre);
    real += y * node[0] + x * node[1];
    imaginary += y * node[1] - x * node[0];
    square += y * y + x * x;
  });
  // 1 / a, with a = (real + i · imaginary) / square and a position being row + i · column.
  const length = (real * real + imaginary * imaginary) / square;
  const [c, s] = [real / length, -imaginary / length];
  return ([y, x]) => [centre[0] + c * y - s * x, centre[1] + s * y + c * x];
}

/**
 * Photos [N, S, S, 3] seen through the bent grids and through the straight frames: what the network sees, and what it
 * must give back, [N, size, size, 3].
 */
export function warpPair(photos: Tensor, grid: Tensor, frame: Tensor, size: number): { input: Tensor; answer: Tensor } {
  const margin = Math.round(size * MARGIN);
  const wide = resize(grid, [size + 2 * margin, size + 2 * margin], 'bilinear');
  const inner = (x: Tensor, axis: number) => slice(x, axis, margin, margin + size);
  const point = (k: number): Tensor => slice(frame, 1, k, k + 1).reshape([frame.dim(0), 1, 1, 2]);
  const [centre, down, right] = [point(0), point(1), point(2)];
  const shares = Float32Array.from({ length: size }, (_, k) => (k + 0.5) / size - 0.5);
  const row = tensor(shares, [1, size, 1, 1], { gpu: photos.gpu });
  const column = tensor(shares, [1, 1, size, 1], { gpu: photos.gpu });
  const straight = centre.add(down.mul(row)).add(right.mul(column));
  return { input: sampleImages(photos, inner(inner(wide, 1), 2)), answer: sampleImages(photos, straight) };
}
