/**
 * @file WGSL that finishes the sums of a product before they are written, and the launch that merges the sums of a
 * split K.
 */
import { type Gpu, type GpuBuffer, type KernelChoice, linearGrid } from '@visage/gpu';
import { gemmMergeSplits } from '@visage/kernels';
import { functionsFor } from '../core/map.ts';
import { WORKGROUP } from '../core/passes.ts';
import type { Tensor } from '../core/tensor.ts';
import { activationCode } from '../elementwise/activation.ts';
import type { Finish, GemmProblem } from './problem.ts';

/**
 * WGSL of `fn finish(row : u32, n : u32, sums : vec4f) -> vec4f` with the bindings that it declares, and the buffers
 * behind them.
 */
export interface Finisher {
  readonly code: string;
  readonly buffers: readonly GpuBuffer[];
}

type Declare = (name: string, access: 'read' | 'read_write', type: string, buffer: GpuBuffer) => void;

/** The WGSL of `finish` for rows of n columns. `binding` is the first one that is free. */
export function finisher(n: number, finish: Finish, binding: number): Finisher {
  const { bias, activation } = finish;
  const declarations: string[] = [];
  const buffers: GpuBuffer[] = [];
  const declare: Declare = (name, access, type, buffer) => {
    const at = binding + buffers.length;
    declarations.push(`@group(0) @binding(${at}) var<storage, ${access}> ${name} : array<${type}>;`);
    buffers.push(buffer);
  };
  const steps = ['var v = sums;'];
  if (bias) {
    declare('biases', 'read', n % 4 === 0 ? 'vec4f' : 'f32', bias.buffer);
    steps.push(n % 4 === 0 ? 'v += biases[n / 4u];' : SCALAR_BIAS);
  }
  if (activation) {
    const onVectors = (text: string) => text.replace(/\bV\b/g, 'vec4f').replace(/\bU\b/g, 'vec4u');
    const code = activationCode(activation, 'v');
    declarations.push(onVectors(functionsFor(code)));
    steps.push(`v = ${onVectors(code)};`);
  }
  steps.push(...elementwiseSteps(finish, declare));
  const body = steps.join('\n  ');
  const code = [...declarations, `fn finish(row : u32, n : u32, sums : vec4f) -> vec4f {\n  ${body}\n  return v;\n}`];
  return { code: code.join('\n'), buffers };
}

/** For the partial sums of a split K: the merge finishes them. */
export const UNFINISHED: Finisher = {
  code: 'fn finish(row : u32, n : u32, sums : vec4f) -> vec4f { return sums; }',
  buffers: [],
};

const SCALAR_BIAS = [
  'let at = min(n + vec4u(0u, 1u, 2u, 3u), vec4u(N - 1u));',
  'v += vec4f(biases[at.x], biases[at.y], biases[at.z], biases[at.w]);',
].join('\n  ');

/** WGSL of what finishing does with tensors of the shape of the result. */
function elementwiseSteps({ add, preactivation, slope, gatedBy }: Finish, declare: Declare): string[] {
  if (!add && !preactivation && !slope) return [];
  const image = (name: string, access: 'read' | 'read_write', { dtype, buffer }: Tensor) =>
    declare(name, access, `vec4<${dtype}>`, buffer);
  const steps = ['let i = (row * N + n) / 4u;'];
  if (add) {
    image('added', 'read', add);
    steps.push(`v += vec4f(added[i % ${add.size / 4}u]);`);
  }
  if (preactivation) {
    image('preactivations', 'read_write', preactivation);
    steps.push(`preactivations[i] = vec4<${preactivation.dtype}>(v);`);
  }
  if (slope) {
    declare('slopes', 'read', slope.size === 1 ? 'f32' : 'vec4f', slope.buffer);
    if (gatedBy) image('gates', 'read', gatedBy);
    const signs = gatedBy ? 'vec4f(gates[i])' : 'v';
    steps.push(`v = select(v * slopes[${slope.size === 1 ? '0' : 'n / 4u'}], v, ${signs} > vec4f());`);
  }
  return steps;
}

/**
 * Adds the partial sums [splits, …C] of a split K in order, finishes them and writes c; see
 * kernels/gemm/mergeSplits.wgsl.
 *
 * `choice` is that of the product whose sums they are.
 */
export function mergeSplits(gpu: Gpu, problem: GemmProblem, partial: Tensor, c: Tensor, choice: KernelChoice): void {
  const { name, n, result = 'f32', finish = {} } = problem;
  const width = n % 4 === 0 ? 4 : 1;
  const V = width === 4 ? 'vec4f' : 'f32';
  const finished = width === 4 ? 'finish(row, n, sums)' : 'finish(row, n, vec4f(sums)).x';
  const { code, buffers } = finisher(n, finish, 2);
  gpu.dispatch({
    program: {
      name: `gemm/${name}Merge`,
      enables: result === 'f16' ? ['f16'] : [],
      aliases: { V, StoredV: width === 4 ? `vec4<${result}>` : result },
      constants: { WG: WORKGROUP, N: n, SIZE: c.size / width, WIDTH: width },
      parts: [code, `fn finishV(row : u32, n : u32, sums : V) -> V { return ${finished}; }`, gemmMergeSplits],
    },
    buffers: [c.buffer, partial.buffer, ...buffers],
    grid: linearGrid(Math.ceil(c.size / width / WORKGROUP)),
    choice,
  });
}
