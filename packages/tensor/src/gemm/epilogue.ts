import { type Gpu, type GpuBuffer, type KernelChoice, linearGrid } from '@visage/gpu';
import { gemmMergeSplits } from '@visage/kernels';
import { functionsFor } from '../core/map.ts';
import type { Tensor } from '../core/tensor.ts';
import type { GemmProblem } from './problem.ts';

const WORKGROUP = 64;

/**
 * What is done to finished sums that other tensors take part in, in this order. For results whose columns come in fours.
 *
 * With it a product does in its epilogue, or in the merge of a split K, what would otherwise read the whole result again in a launch of its own.
 */
export interface Tail {
  /** Added to the sums: of the size of the result, or of its last axes. */
  readonly add?: Tensor;
  /** Takes the sums so far, in the type of the result, for the gradient of what follows. */
  readonly keep?: Tensor;
  /** Slope of a PReLU, f32 of one value or one per column. */
  readonly slope?: Tensor;
  /** Its signs decide where the slope applies, in place of those of the sums: the gradient of a PReLU of these values. */
  readonly gatedBy?: Tensor;
}

/** What is done to finished sums of n columns. */
type Finish = Pick<GemmProblem, 'n' | 'bias' | 'activation' | 'tail'>;

/** WGSL of `fn finish(row : u32, n : u32, sums : vec4f) -> vec4f` and of what it declares, and the buffers behind that. */
export interface Finisher {
  readonly code: string;
  readonly buffers: readonly GpuBuffer[];
}

/** Finishes sums: bias, then activation, then tail. `binding` is the first that is free. */
export function finisher({ bias, activation, tail, n }: Finish, binding: number): Finisher {
  const declarations: string[] = [];
  const buffers: GpuBuffer[] = [];
  const declare = (name: string, access: 'read' | 'read_write', type: string, buffer: GpuBuffer): void => {
    const at = binding + buffers.length;
    declarations.push(`@group(0) @binding(${at}) var<storage, ${access}> ${name} : array<${type}>;`);
    buffers.push(buffer);
  };
  const steps = ['var v = sums;'];
  if (bias) {
    declare('biases', 'read', n % 4 === 0 ? 'vec4f' : 'f32', bias);
    steps.push(n % 4 === 0 ? 'v += biases[n / 4u];' : SCALAR_BIAS);
  }
  if (activation) {
    const wide = (text: string) => text.replace(/\bV\b/g, 'vec4f').replace(/\bU\b/g, 'vec4u');
    declarations.push(wide(functionsFor(activation)));
    steps.push(`v = ${wide(activation)};`);
  }
  if (tail) steps.push('let i = (row * N + n) / 4u;', ...tailSteps(tail, declare));
  const body = steps.join('\n  ');
  const code = [...declarations, `fn finish(row : u32, n : u32, sums : vec4f) -> vec4f {\n  ${body}\n  return v;\n}`];
  return { code: code.join('\n'), buffers };
}

/** For partial sums, which the merge finishes. */
export const UNFINISHED: Finisher = {
  code: 'fn finish(row : u32, n : u32, sums : vec4f) -> vec4f { return sums; }',
  buffers: [],
};

const SCALAR_BIAS = [
  'let at = min(n + vec4u(0u, 1u, 2u, 3u), vec4u(N - 1u));',
  'v += vec4f(biases[at.x], biases[at.y], biases[at.z], biases[at.w]);',
].join('\n  ');

function tailSteps(
  { add, keep, slope, gatedBy }: Tail,
  declare: (name: string, access: 'read' | 'read_write', type: string, buffer: GpuBuffer) => void,
): string[] {
  const image = (name: string, access: 'read' | 'read_write', { dtype, buffer }: Tensor) =>
    declare(name, access, `vec4<${dtype}>`, buffer);
  const steps: string[] = [];
  if (add) {
    image('added', 'read', add);
    steps.push(`v += vec4f(added[i % ${add.size / 4}u]);`);
  }
  if (keep) {
    image('kept', 'read_write', keep);
    steps.push(`kept[i] = vec4<${keep.dtype}>(v);`);
  }
  if (slope) {
    declare('slopes', 'read', slope.size === 1 ? 'f32' : 'vec4f', slope.buffer);
    if (gatedBy) image('gates', 'read', gatedBy);
    const signs = gatedBy ? 'vec4f(gates[i])' : 'v';
    steps.push(`v = select(v * slopes[${slope.size === 1 ? '0' : 'n / 4u'}], v, ${signs} > vec4f());`);
  }
  return steps;
}

/** The tensors of a tail. */
export const tensorsOf = ({ add, keep, slope, gatedBy }: Tail): Tensor[] =>
  [add, keep, slope, gatedBy].filter((x) => x !== undefined);

/** Adds the partial products [splits, rows, N] in order, finishes them and writes c; see kernels/gemm/mergeSplits.wgsl. `choice` is that of the product. */
export function mergeSplits(gpu: Gpu, problem: GemmProblem, partial: Tensor, c: Tensor, choice: KernelChoice): void {
  const { name, n, result = 'f32' } = problem;
  const width = n % 4 === 0 ? 4 : 1;
  const V = width === 4 ? 'vec4f' : 'f32';
  const narrow = width === 4 ? 'finish(row, n, sums)' : 'finish(row, n, vec4f(sums)).x';
  const { code, buffers } = finisher(problem, 2);
  gpu.dispatch({
    program: {
      name: `gemm/${name}Merge`,
      enables: result === 'f16' ? ['f16'] : [],
      aliases: { V, StoredV: width === 4 ? `vec4<${result}>` : result },
      constants: { WG: WORKGROUP, N: n, SIZE: c.size / width, WIDTH: width },
      parts: [code, `fn finishV(row : u32, n : u32, sums : V) -> V { return ${narrow}; }`, gemmMergeSplits],
    },
    buffers: [c.buffer, partial.buffer, ...buffers],
    grid: linearGrid(Math.ceil(c.size / width / WORKGROUP)),
    choice,
  });
}
