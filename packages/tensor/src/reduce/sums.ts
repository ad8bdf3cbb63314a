/** @file Sums over the middle axis of [outer, rows, channels], of a tensor or of an expression of several. */
import { f32 } from '@visage/gpu';
import { reduceSums } from '@visage/kernels';
import { mapProgram } from '../core/map.ts';
import { type Shape, sizeOf } from '../core/shape.ts';
import { empty, type Tensor } from '../core/tensor.ts';
import { launchRows } from './launch.ts';
import { planRows, sumsFamily } from './plan.ts';
import { type NormProblem, vectorWidthOf } from './threads.ts';

const SERIAL = 128; // longest serial sum, which bounds f32 error

/** What is summed: the tensors at bindings 1, 2, …, and WGSL of `fn load(i : u32) -> V` over them. */
interface Summand {
  readonly name: string;
  readonly tensors: readonly Tensor[];
  readonly code: string;
}

/** Adds the four components of a vector, or takes a number as it is. */
const fold = (vectorWidth: 1 | 4): string =>
  `alias R = f32;\nfn fold(v : V) -> R { return ${vectorWidth === 4 ? '(v.x + v.y) + (v.z + v.w)' : 'v'}; }`;
const unfolded = 'alias R = V;\nfn fold(v : V) -> R { return v; }';

interface Sums extends NormProblem {
  readonly summand: Summand;
  /** Add the channels too. */
  readonly folds: boolean;
  readonly factor: number;
  /** Of the result, where there is one chunk. */
  readonly shape: Shape;
}

/** factor · Σ over chunks of rows: [outer, chunks, channels or 1], or `shape` if there is one chunk. */
function chunkSums({ summand, folds, factor, shape, ...p }: Sums): { out: Tensor; chunks: number } {
  const { name, tensors, code } = summand;
  const first = tensors[0] as Tensor;
  const { sharing, chunks } = planRows(sumsFamily, p, first.gpu);
  const out = empty(first.gpu, chunks === 1 ? shape : [p.outer, chunks, folds ? 1 : p.channels]);
  launchRows(name, reduceSums, p, first, [out, ...tensors], {
    sharing,
    chunks,
    types: tensors.map(({ dtype }) => dtype),
    parts: [code, folds ? fold(vectorWidthOf(p)) : unfolded],
    constants: { FACTOR: f32(chunks === 1 ? factor : 1), SERIAL },
  });
  return { out, chunks };
}

function sums(problem: Sums): Tensor {
  const { out, chunks } = chunkSums(problem);
  const { outer, channels, folds, factor, shape } = problem;
  return chunks === 1 ? out : sumRowsOf(out, outer, chunks, folds ? 1 : channels, factor, shape);
}

const summandOf = (x: Tensor): Summand => ({
  name: 'reduce/sum',
  tensors: [x],
  code: [
    '@group(0) @binding(1) var<storage, read> x : array<S>;',
    'fn count() -> u32 { return arrayLength(&x); }',
    'fn load(i : u32) -> V { return V(x[i]); }',
  ].join('\n'),
});

/**
 * Sums over chunks of the rows of x seen as [outer, rows, channels], for kernels that merge them: [outer, chunks,
 * channels].
 */
export function partialSums(x: Tensor, outer: number, rows: number, channels: number): Tensor {
  const shape = [outer, 1, channels];
  return chunkSums({ outer, rows, channels, eps: 0, summand: summandOf(x), folds: false, factor: 1, shape }).out;
}

/** factor · Σ over the middle axis of x seen as [outer, rows, channels]; f32 also from f16. */
export function sumRowsOf(
  x: Tensor,
  outer: number,
  rows: number,
  channels: number,
  factor: number,
  shape: Shape,
): Tensor {
  // Rows of one channel are read four at a time.
  const folds = channels === 1 && rows % 4 === 0;
  const extents = folds ? { rows: rows / 4, channels: 4 } : { rows, channels };
  return sums({ outer, ...extents, eps: 0, summand: summandOf(x), folds, factor, shape });
}

/**
 * factor · Σ of a pointwise expression of tensors of one shape: over all elements, a scalar; or over those of each of
 * `outer` samples, [outer].
 */
export function sumOfMap(
  name: string,
  expression: string,
  inputs: readonly Tensor[],
  factor: number,
  outer?: number,
): Tensor {
  const { shape } = inputs[0] as Tensor;
  const samples = outer ?? 1;
  const run = sizeOf(shape) / samples;
  const { code, vectorWidth } = mapProgram(shape, inputs, expression, run);
  const count = 'fn count() -> u32 { return arrayLength(&in0); }';
  const load = 'fn load(i : u32) -> V { return map(i); }';
  const summand = { name: `reduce/${name}`, tensors: inputs, code: [code, count, load].join('\n') };
  const result = outer === undefined ? [] : [outer];
  return sums({
    outer: samples,
    rows: run / vectorWidth,
    channels: vectorWidth,
    eps: 0,
    summand,
    folds: true,
    factor,
    shape: result,
  });
}
