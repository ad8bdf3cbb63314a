/**
 * @file A 3x3 convolution with zero padding, and its two gradients, as one product with three pairs of loaders:
 * C[m, n] = Σₖ A(m, k) · B(k, n). The matrix A never exists in memory; a loader finds the value when it is asked for.
 */
import { bind, buffer, kernel, submit } from '../device.ts';

/** Extents of a convolution of one image: x [height, width, from], w [3, 3, from, to], y [height, width, to]. */
export interface Extents {
  readonly height: number;
  readonly width: number;
  readonly from: number;
  readonly to: number;
}

/** How values are rounded where they are stored: f32 as they are, or to the eleven bits of the nearest f16. */
export type Precision = 'f32' | 'f16';

/**
 * The function that does so. WGSL's own conversion may round to the nearest f16 or towards zero, as the device likes;
 * this one is the same on all. It keeps the range of f32, which the values here do not need.
 */
export const roundTo = (precision: Precision): string =>
  precision === 'f32'
    ? 'fn stored(value : f32) -> f32 { return value; }'
    : `fn stored(value : f32) -> f32 {
  let bits = bitcast<u32>(value);
  return bitcast<f32>((bits + 0xfffu + ((bits >> 13u) & 1u)) & 0xffffe000u);
}`;

/** The constants and functions that all loaders share: a pixel and a tap are a place in the image, or outside. */
export const prelude = ({ height, width, from, to }: Extents): string => `
const HEIGHT = ${height}u; const WIDTH = ${width}u; const FROM = ${from}u; const TO = ${to}u;
const OUTSIDE = 0xffffffffu;

// The pixel that lies (dy, dx) from a pixel; OUTSIDE past the edge.
fn neighbour(pixel : u32, dy : i32, dx : i32) -> u32 {
  let row = i32(pixel / WIDTH) + dy;
  let column = i32(pixel % WIDTH) + dx;
  let inside = row >= 0 && row < i32(HEIGHT) && column >= 0 && column < i32(WIDTH);
  return select(OUTSIDE, u32(row) * WIDTH + u32(column), inside);
}
fn dyOf(tap : u32) -> i32 { return i32(tap / 3u) - 1; }
fn dxOf(tap : u32) -> i32 { return i32(tap % 3u) - 1; }`;

/** What tells the three products apart: M, N, K and two loaders, over the buffers `left` and `right`. */
export interface Loaders {
  readonly extents: readonly [m: string, n: string, k: string];
  readonly a: string;
  readonly b: string;
}

export type Pass = 'forward' | 'inputGradient' | 'weightGradient';

export const loaders: Readonly<Record<Pass, Loaders>> = {
  /** y[pixel, to] = Σ over (tap, from) of x[pixel + tap, from] · w[tap, from, to] */
  forward: {
    extents: ['HEIGHT * WIDTH', 'TO', '9u * FROM'],
    a: `let tap = k / FROM;
  let pixel = neighbour(m, dyOf(tap), dxOf(tap));
  if (pixel == OUTSIDE) { return 0.0; }
  return left[pixel * FROM + k % FROM];`,
    b: 'return right[k * TO + n];',
  },
  /** dx[pixel, from] = Σ over (tap, to) of dy[pixel − tap, to] · w[tap, from, to]: what a pixel was read for */
  inputGradient: {
    extents: ['HEIGHT * WIDTH', 'FROM', '9u * TO'],
    a: `let tap = k / TO;
  let pixel = neighbour(m, -dyOf(tap), -dxOf(tap));
  if (pixel == OUTSIDE) { return 0.0; }
  return left[pixel * TO + k % TO];`,
    b: 'return right[((k / TO) * FROM + n) * TO + k % TO];',
  },
  /** dw[tap, from, to] = Σ over pixels of x[pixel + tap, from] · dy[pixel, to]: few results, and a long sum for each */
  weightGradient: {
    extents: ['9u * FROM', 'TO', 'HEIGHT * WIDTH'],
    a: `let tap = m / FROM;
  let pixel = neighbour(k, dyOf(tap), dxOf(tap));
  if (pixel == OUTSIDE) { return 0.0; }
  return left[pixel * FROM + m % FROM];`,
    b: 'return right[k * TO + n];',
  },
};

/** The whole kernel: the naive product of chapter 2, between two loaders. */
export function textOf({ a, b, extents: counts }: Loaders, extents: Extents, precision: Precision): string {
  const [m, n, k] = counts;
  return `${prelude(extents)}
${roundTo(precision)}
@group(0) @binding(0) var<storage, read_write> c : array<f32>;
@group(0) @binding(1) var<storage, read> left : array<f32>;
@group(0) @binding(2) var<storage, read> right : array<f32>;

fn loadA(m : u32, k : u32) -> f32 {
  ${a}
}
fn loadB(k : u32, n : u32) -> f32 {
  ${b}
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id : vec3u) {
  if (id.x >= ${n} || id.y >= ${m}) {
    return;
  }
  var sum = 0.0;
  for (var k = 0u; k < ${k}; k++) {
    sum += loadA(id.y, k) * loadB(k, id.x);
  }
  c[id.y * ${n} + id.x] = stored(sum);
}`;
}

/** Runs a pass on (x, w), (dy, w) or (x, dy), and returns y, dx or dw. */
export async function convolve(
  device: GPUDevice,
  pass: Pass,
  extents: Extents,
  operands: readonly [GPUBuffer, GPUBuffer],
  precision: Precision = 'f32',
): Promise<GPUBuffer> {
  const { height, width, from, to } = extents;
  const [rows, columns] = {
    forward: [height * width, to] as const,
    inputGradient: [height * width, from] as const,
    weightGradient: [9 * from, to] as const,
  }[pass];
  const out = buffer(device, 4 * rows * columns);
  const pipeline = await kernel(device, textOf(loaders[pass], extents, precision));
  submit(device, [bind(device, pipeline, [out, ...operands], Math.ceil(columns / 8), Math.ceil(rows / 8))]);
  return out;
}
