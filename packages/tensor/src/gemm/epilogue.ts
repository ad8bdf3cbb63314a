import { type Gpu, type KernelChoice, linearGrid } from '@visage/gpu';
import { gemmMergeSplits } from '@visage/kernels';
import type { Tensor } from '../tensor.ts';
import type { GemmProblem } from './problem.ts';

const WORKGROUP = 64;

/** What is done to finished sums of n columns. */
type Finish = Pick<GemmProblem, 'n' | 'bias' | 'activation'>;

/** `fn finish(row, n, sums)` and what it declares: bias, then activation. `binding` is the first that is free. */
export function finishFunction({ bias, activation, n }: Finish, binding: number): string {
  const steps = ['var v = sums;'];
  if (bias) steps.push('v += bias(n);');
  if (activation) steps.push(`v = ${activation.replace(/\bV\b/g, 'vec4f')};`);
  return [
    ...(bias ? [biasFunction(n % 4 === 0, binding)] : []),
    `fn finish(row : u32, n : u32, sums : vec4f) -> vec4f { ${steps.join(' ')} return v; }`,
  ].join('\n');
}

/** For partial sums, which the merge finishes. */
export const UNFINISHED = 'fn finish(row : u32, n : u32, sums : vec4f) -> vec4f { return sums; }';

function biasFunction(vector: boolean, binding: number): string {
  const declare = `@group(0) @binding(${binding}) var<storage, read> biases : array<${vector ? 'vec4f' : 'f32'}>;`;
  if (vector) return `${declare}\nfn bias(n : u32) -> vec4f { return biases[n / 4u]; }`;
  return [
    declare,
    'fn bias(n : u32) -> vec4f {',
    '  let at = min(n + vec4u(0u, 1u, 2u, 3u), vec4u(N - 1u));',
    '  return vec4f(biases[at.x], biases[at.y], biases[at.z], biases[at.w]);',
    '}',
  ].join('\n');
}

/** Adds the partial products [splits, rows, N] in order, finishes them and writes c; see kernels/gemm/mergeSplits.wgsl. `choice` is that of the product. */
export function mergeSplits(gpu: Gpu, problem: GemmProblem, partial: Tensor, c: Tensor, choice: KernelChoice): void {
  const { name, n, bias, result = 'f32' } = problem;
  const width = n % 4 === 0 ? 4 : 1;
  const V = width === 4 ? 'vec4f' : 'f32';
  const narrow = width === 4 ? 'finish(row, n, sums)' : 'finish(row, n, vec4f(sums)).x';
  gpu.dispatch({
    program: {
      name: `gemm/${name}Merge`,
      enables: result === 'f16' ? ['f16'] : [],
      aliases: { V, StoredV: width === 4 ? `vec4<${result}>` : result },
      constants: { WG: WORKGROUP, N: n, SIZE: c.size / width, WIDTH: width },
      parts: [
        finishFunction(problem, 2),
        `fn finishV(row : u32, n : u32, sums : V) -> V { return ${narrow}; }`,
        gemmMergeSplits,
      ],
    },
    buffers: bias ? [c.buffer, partial.buffer, bias] : [c.buffer, partial.buffer],
    grid: linearGrid(Math.ceil(c.size / width / WORKGROUP)),
    choice,
  });
}
