/**
 * @file The three kernels of chapter 3: a pointwise expression, a product, a transposition. All tensors are matrices.
 */
import { bind, buffer, submit } from '../device.ts';

export type Shape = readonly [rows: number, columns: number];

const pipelines = new WeakMap<GPUDevice, Map<string, GPUComputePipeline>>();

/**
 * Runs a WGSL text once over its inputs (bindings 1, 2, …) and returns its output (binding 0), `shape` values of f32.
 */
function launch(device: GPUDevice, code: string, shape: Shape, inputs: readonly GPUBuffer[]): GPUBuffer {
  const known = pipelines.get(device) ?? new Map<string, GPUComputePipeline>();
  pipelines.set(device, known);
  const compile = (): GPUComputePipeline =>
    device.createComputePipeline({ layout: 'auto', compute: { module: device.createShaderModule({ code }) } });
  const pipeline = known.get(code) ?? compile();
  known.set(code, pipeline);
  const [rows, columns] = shape;
  const out = buffer(device, 4 * rows * columns);
  submit(device, [bind(device, pipeline, [out, ...inputs], Math.ceil(columns / 8), Math.ceil(rows / 8))]);
  return out;
}

/** A kernel of a thread for each value of the output, at (row, column); `body` is an expression of the value. */
const textOf = (shape: Shape, inputs: number, statements: string, value: string): string => `
@group(0) @binding(0) var<storage, read_write> out : array<f32>;
${Array.from({ length: inputs }, (_, k) => `@group(0) @binding(${k + 1}) var<storage, read> in${k} : array<f32>;`).join('\n')}
@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id : vec3u) {
  let row = id.y;
  let column = id.x;
  if (row >= ${shape[0]}u || column >= ${shape[1]}u) {
    return;
  }
  let at = row * ${shape[1]}u + column;
  ${statements}
  out[at] = ${value};
}`;

/** out[i] = an expression of a = in₀[i], b = in₁[i]. */
export function mapKernel(device: GPUDevice, value: string, shape: Shape, inputs: readonly GPUBuffer[]): GPUBuffer {
  const names = inputs.map((_, k) => `let ${'ab'[k]} = in${k}[at];`).join(' ');
  return launch(device, textOf(shape, inputs.length, names, value), shape, inputs);
}

/** out = a · b, a [m, k] and b [k, n]: the naive kernel of chapter 2. */
export function productKernel(device: GPUDevice, a: GPUBuffer, b: GPUBuffer, shape: Shape, k: number): GPUBuffer {
  const sum = `var sum = 0.0;
  for (var k = 0u; k < ${k}u; k++) {
    sum += in0[row * ${k}u + k] * in1[k * ${shape[1]}u + column];
  }`;
  return launch(device, textOf(shape, 2, sum, 'sum'), shape, [a, b]);
}

/** out[i, j] = x[j, i]; `shape` is that of the output. */
export function transposeKernel(device: GPUDevice, x: GPUBuffer, shape: Shape): GPUBuffer {
  return launch(device, textOf(shape, 1, '', `in0[column * ${shape[0]}u + row]`), shape, [x]);
}
