/**
 * @file Winograd's algorithm for 3x3 convolutions: each tile of side x side pixels is Aᵀ [(G w Gᵀ) ⊙ (Bᵀ x B)] A, with
 * (side + 2)² products for each pair of channels in place of 9 · side². Lavin and Gray 2016.
 */
import { bind, buffer, kernel, submit } from '../device.ts';
import { type Extents, type Precision, prelude, roundTo } from './convolution.ts';

type Matrix = readonly (readonly number[])[];

/** The three matrices of one axis, for `side` outputs of a filter with three taps. */
export interface Transforms {
  readonly side: number;
  /** G, [side + 2, 3] */
  readonly filter: Matrix;
  /** Bᵀ, [side + 2, side + 2] */
  readonly input: Matrix;
  /** Aᵀ, [side, side + 2] */
  readonly output: Matrix;
}

/** The coefficients of Π (x − p), the constant first. */
function polynomial(roots: readonly number[]): number[] {
  let product = [1];
  for (const root of roots) {
    const before = product;
    product = [0, ...before].map((shifted, k) => shifted - root * (before[k] ?? 0));
  }
  return product;
}

/**
 * The matrices for side + 1 points; the last point is infinity.
 *
 * A filter and its outputs are polynomials of degree 2 and side − 1. Their product, of degree side + 1, is known when
 * side + 2 of its values are, and a value of a product is a product of values. G and Aᵀ evaluate at the points, and Bᵀ
 * interpolates, its denominators moved to G. Transposing this turns multiplication into filtering.
 */
export function transformsOf(points: readonly number[]): Transforms {
  const side = points.length - 1;
  const others = points.map((_, k) => points.filter((_, at) => at !== k));
  const denominators = points.map((p, k) => (others[k] as number[]).reduce((product, q) => product * (p - q), 1));
  const powers = (p: number, count: number): number[] => Array.from({ length: count }, (_, k) => p ** k);
  const unit = (at: number, count: number): number[] => Array.from({ length: count }, (_, k) => (k === at ? 1 : 0));
  return {
    side,
    filter: [...points.map((p, k) => powers(p, 3).map((x) => x / (denominators[k] as number))), unit(2, 3)],
    input: [...others.map((roots) => [...polynomial(roots), 0]), polynomial(points)],
    output: Array.from({ length: side }, (_, k) => [...points.map((p) => p ** k), k === side - 1 ? 1 : 0]),
  };
}

/** L X Lᵀ for a constant matrix L: one axis after the other. */
function sandwich(matrix: Matrix): string {
  const [rows, columns] = [matrix.length, (matrix[0] as readonly number[]).length];
  const values = matrix.flat().map((value) => `f32(${value})`);
  return `
const L = array<f32, ${rows * columns}>(${values.join(', ')});
fn transform(x : array<f32, ${columns ** 2}>) -> array<f32, ${rows ** 2}> {
  var half : array<f32, ${rows * columns}>; // L X
  var y : array<f32, ${rows ** 2}>;
  for (var i = 0u; i < ${rows}u; i++) {
    for (var j = 0u; j < ${columns}u; j++) {
      for (var k = 0u; k < ${columns}u; k++) { half[i * ${columns}u + j] += L[i * ${columns}u + k] * x[k * ${columns}u + j]; }
    }
  }
  for (var i = 0u; i < ${rows}u; i++) {
    for (var j = 0u; j < ${rows}u; j++) {
      for (var k = 0u; k < ${columns}u; k++) { y[i * ${rows}u + j] += half[i * ${columns}u + k] * L[j * ${columns}u + k]; }
    }
  }
  return y;
}`;
}

/** A kernel of a thread for each (column, row), which runs `body`; binding 0 is written, the others are read. */
const threads = (
  head: string,
  columns: number,
  rows: number,
  inputs: readonly string[],
  body: string,
): string => `${head}
@group(0) @binding(0) var<storage, read_write> out : array<f32>;
${inputs.map((name, k) => `@group(0) @binding(${k + 1}) var<storage, read> ${name} : array<f32>;`).join('\n')}
@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id : vec3u) {
  if (id.x >= ${columns}u || id.y >= ${rows}u) { return; }
  ${body}
}`;

/** The texts of the four kernels. Squares lie as [ξ, rows, columns]: ξ is the place in the transformed square. */
export function textsOf(transforms: Transforms, extents: Extents, precision: Precision) {
  const { side, filter, input, output } = transforms;
  const { height, width, from, to } = extents;
  const [wide, across] = [side + 2, Math.ceil(width / side)];
  const tiles = across * Math.ceil(height / side);
  const head = (matrix: Matrix): string => `${prelude(extents)}\n${roundTo(precision)}\n${sandwich(matrix)}`;
  const save = (rows: number, columns: number): string =>
    `let y = transform(x);
  for (var k = 0u; k < ${wide ** 2}u; k++) { out[(k * ${rows}u + id.y) * ${columns}u + id.x] = stored(y[k]); }`;
  return {
    input: threads(
      head(input),
      from,
      tiles,
      ['image'],
      `var x : array<f32, ${wide ** 2}>;
  for (var k = 0u; k < ${wide ** 2}u; k++) {
    let row = i32(id.y / ${across}u * ${side}u + k / ${wide}u) - 1;
    let column = i32(id.y % ${across}u * ${side}u + k % ${wide}u) - 1;
    let inside = row >= 0 && row < i32(HEIGHT) && column >= 0 && column < i32(WIDTH);
    x[k] = select(0.0, image[select(0u, (u32(row) * WIDTH + u32(column)) * FROM + id.x, inside)], inside);
  }
  ${save(tiles, from)}`,
    ),
    filter: threads(
      head(filter),
      to,
      from,
      ['w'],
      `var x : array<f32, 9>;
  for (var tap = 0u; tap < 9u; tap++) { x[tap] = w[(tap * FROM + id.y) * TO + id.x]; }
  ${save(from, to)}`,
    ),
    products: threads(
      `${prelude(extents)}\n${roundTo(precision)}`,
      to,
      wide ** 2 * tiles,
      ['u', 'v'],
      `let square = id.y / ${tiles}u;
  var sum = 0.0;
  for (var k = 0u; k < FROM; k++) { sum += u[id.y * FROM + k] * v[(square * FROM + k) * TO + id.x]; }
  out[id.y * TO + id.x] = stored(sum);`,
    ),
    output: threads(
      head(output),
      to,
      tiles,
      ['m'],
      `var x : array<f32, ${wide ** 2}>;
  for (var k = 0u; k < ${wide ** 2}u; k++) { x[k] = m[(k * ${tiles}u + id.y) * TO + id.x]; }
  let y = transform(x);
  for (var k = 0u; k < ${side ** 2}u; k++) {
    let row = id.y / ${across}u * ${side}u + k / ${side}u;
    let column = id.y % ${across}u * ${side}u + k % ${side}u;
    if (row < HEIGHT && column < WIDTH) { out[(row * WIDTH + column) * TO + id.x] = stored(y[k]); }
  }`,
    ),
  };
}

/** y = x ⋆ w, with every transformed value and every product stored in the given precision; sums are f32. */
export async function winograd(
  device: GPUDevice,
  transforms: Transforms,
  extents: Extents,
  [x, w]: readonly [GPUBuffer, GPUBuffer],
  precision: Precision,
): Promise<GPUBuffer> {
  const { height, width, from, to } = extents;
  const { side } = transforms;
  const squares = (side + 2) ** 2;
  const tiles = Math.ceil(height / side) * Math.ceil(width / side);
  const texts = textsOf(transforms, extents, precision);
  const run = async (code: string, columns: number, rows: number, size: number, inputs: readonly GPUBuffer[]) => {
    const out = buffer(device, 4 * size);
    const pipeline = await kernel(device, code);
    submit(device, [bind(device, pipeline, [out, ...inputs], Math.ceil(columns / 8), Math.ceil(rows / 8))]);
    return out;
  };
  const u = await run(texts.input, from, tiles, squares * tiles * from, [x]);
  const v = await run(texts.filter, to, from, squares * from * to, [w]);
  const m = await run(texts.products, to, squares * tiles, squares * tiles * to, [u, v]);
  return run(texts.output, to, tiles, height * width * to, [m]);
}
