import { f32, type GpuBuffer, linearGrid } from '@visage/gpu';
import {
  normApply,
  normCurvatureApply,
  normCurvatureSums,
  normGradApply,
  normGradSums,
  normMergeMoments,
  normMergeSums,
  normMoments,
} from '@visage/kernels';
import { empty, type Tensor } from '../tensor.ts';
import { sumsToZero } from '../zeroSum.ts';
import { reduceAxis, SUM } from './reduce.ts';

const WORKGROUP = 64;
const ROWS_PER_THREAD = 8; // of the elementwise passes: amortises the constants of a channel, and still leaves GPUs thousands of threads

/** A norm over the middle axis of x seen as [outer, rows, channels]. */
export interface NormProblem {
  readonly outer: number;
  readonly rows: number;
  readonly channels: number;
  readonly eps: number;
}

/** What follows the normalisation: y = finish(x̂ · scale + shift). */
export interface NormAffine {
  /** WGSL bodies that return V for channel group `c` of sample `outer`, over the storage arrays named in `sources`. */
  readonly scale: string;
  readonly shift: string;
  readonly sources: Readonly<Record<string, Tensor>>;
  readonly relu?: boolean;
  readonly residual?: Tensor;
}

/** No scale and no shift. */
export const PLAIN: NormAffine = { scale: 'V(1.0)', shift: 'V(0.0)', sources: {} };

const width = (p: NormProblem): 1 | 4 => (p.channels % 4 === 0 ? 4 : 1);

/** Declares the affine's arrays from binding `at` on, and the functions over them. */
function affineCode(affine: NormAffine, at: number): string {
  const declared = Object.keys(affine.sources).map(
    (name, k) => `@group(0) @binding(${at + k}) var<storage, read> ${name} : array<V>;`,
  );
  return [
    ...declared,
    `fn scaleAt(outer : u32, c : u32) -> V { return ${affine.scale}; }`,
    `fn shiftAt(outer : u32, c : u32) -> V { return ${affine.shift}; }`,
  ].join('\n');
}

/** The gradient through the affine's ReLU, if it has one. */
const gateCode = ({ relu }: NormAffine): string =>
  `fn gate(dy : V, v : V) -> V { return ${relu ? 'select(V(0.0), dy, v > V(0.0))' : 'dy'}; }`;

/** ReLU and residual, the latter at binding `at`. */
function finishCode({ relu, residual }: NormAffine, at: number): string {
  const value = relu ? 'select(v, V(0.0), v < V(0.0))' : 'v'; // `max` may turn NaN into 0
  if (!residual) return `fn finish(v : V, i : u32) -> V { return ${value}; }`;
  return `@group(0) @binding(${at}) var<storage, read> residual : array<V>;\nfn finish(v : V, i : u32) -> V { return ${value} + residual[i]; }`;
}

interface Launch {
  readonly chunks: number;
  /** Invocations per sample and channel group; `chunks` by default. */
  readonly threads?: number;
  readonly code?: readonly string[];
}

/** Launches a kernel of the family; `tensors` in binding order, the output first. */
function launch(
  name: string,
  kernel: string,
  p: NormProblem,
  tensors: readonly Tensor[],
  { chunks, threads = chunks, code = [] }: Launch,
): void {
  const out = tensors[0] as Tensor;
  const groups = p.channels / width(p);
  out.gpu.dispatch({
    program: {
      name: `norm/${name}`,
      aliases: { V: width(p) === 4 ? 'vec4f' : 'f32' },
      constants: { WG: WORKGROUP, OUTER: p.outer, GROUPS: groups, PER_THREAD: ROWS_PER_THREAD, EPS: f32(p.eps) },
      parts: [...code, kernel],
    },
    buffers: tensors.map((x): GpuBuffer => x.buffer),
    grid: linearGrid(Math.ceil((p.outer * threads * groups) / WORKGROUP)),
  });
}

// √rows balances the length of the two serial sums.
const reductionChunks = (p: NormProblem): number => Math.ceil(Math.sqrt(p.rows));
const passChunks = (p: NormProblem): number => Math.ceil(p.rows / ROWS_PER_THREAD);

/** What else is done with each channel's mean and variance while they are at hand. */
export interface NormObserver {
  /** WGSL body over `c`, `mean`, `variance` and `rows` that may change the storage arrays named in `targets`, one element per channel group. */
  readonly body: string;
  readonly targets: Readonly<Record<string, Tensor>>;
}

function observerCode({ body, targets }: NormObserver, at: number): string {
  const declared = Object.keys(targets).map(
    (name, k) => `@group(0) @binding(${at + k}) var<storage, read_write> ${name} : array<V>;`,
  );
  return [...declared, `fn observe(c : u32, mean : V, variance : V, rows : f32) { ${body} }`].join('\n');
}

/** Mean and biased variance over the rows, and the two unrounded parts of the mean: [outer, 4, channels]. */
export function normStatistics(x: Tensor, p: NormProblem, observer: NormObserver = { body: '', targets: {} }): Tensor {
  const chunks = reductionChunks(p);
  const parts = empty(x.gpu, [p.outer, chunks, 2, p.channels]);
  launch('moments', normMoments, p, [parts, x], { chunks });
  const stats = empty(x.gpu, [p.outer, 4, p.channels]);
  launch('mergeMoments', normMergeMoments, p, [stats, parts, x, ...Object.values(observer.targets)], {
    chunks,
    threads: 1,
    code: [observerCode(observer, 3)],
  });
  return stats;
}

/** finish((x − mean) / √(var + eps) · scale + shift), in one pass; no graph. */
export function normApplied(x: Tensor, stats: Tensor, p: NormProblem, affine: NormAffine): Tensor {
  const out = empty(x.gpu, x.shape);
  const sources = Object.values(affine.sources);
  const tensors = [out, x, stats, ...sources, ...(affine.residual ? [affine.residual] : [])];
  const code = [affineCode(affine, 3), finishCode(affine, 3 + sources.length)];
  launch('apply', normApply, p, tensors, { chunks: passChunks(p), code });
  return out;
}

/** Adds chunks in order: [outer, chunks, quantities, channels] → [outer, quantities, channels]. */
const sumChunks = (parts: Tensor, p: NormProblem, quantities: number): Tensor =>
  reduceAxis(parts, SUM, p.outer, parts.dim(1), quantities * p.channels, [p.outer, quantities, p.channels]);

/** Σ h·x̂ and Σ h over chunks of rows, [outer, chunks, 2, channels]. */
function affineGradientParts(x: Tensor, stats: Tensor, dy: Tensor, p: NormProblem, affine: NormAffine): Tensor {
  const chunks = reductionChunks(p);
  const parts = empty(x.gpu, [p.outer, chunks, 2, p.channels]);
  const tensors = [parts, x, stats, dy, ...Object.values(affine.sources)];
  launch('gradSums', normGradSums, p, tensors, { chunks, code: [affineCode(affine, 4), gateCode(affine)] });
  return parts;
}

/** Σ h·x̂ and Σ h over the rows, [outer, 2, channels]: the gradients of scale and shift. */
export const normAffineGradient = (x: Tensor, stats: Tensor, dy: Tensor, p: NormProblem, affine: NormAffine): Tensor =>
  sumChunks(affineGradientParts(x, stats, dy, p, affine), p, 2);

/** As {@link normAffineGradient} for outer = 1, and the gradients of scale and shift, [channels], as tensors of their own. */
export function normChannelGradients(
  x: Tensor,
  stats: Tensor,
  dy: Tensor,
  p: NormProblem,
  affine: NormAffine,
): { sums: Tensor; scale: Tensor; shift: Tensor } {
  const parts = affineGradientParts(x, stats, dy, p, affine);
  const sums = empty(x.gpu, [1, 2, p.channels]);
  const [scale, shift] = [empty(x.gpu, [p.channels]), empty(x.gpu, [p.channels])];
  launch('mergeSums', normMergeSums, p, [sums, scale, shift, parts], { chunks: parts.dim(1), threads: 1 });
  return { sums, scale, shift };
}

/** The gradient of x; `sums` are those of {@link normAffineGradient}. */
export function normInputGradient(
  x: Tensor,
  stats: Tensor,
  dy: Tensor,
  sums: Tensor,
  p: NormProblem,
  affine: NormAffine,
): Tensor {
  const out = empty(x.gpu, x.shape);
  const tensors = [out, x, stats, dy, sums, ...Object.values(affine.sources)];
  launch('gradApply', normGradApply, p, tensors, {
    chunks: passChunks(p),
    code: [affineCode(affine, 5), gateCode(affine)],
  });
  return sumsToZero(out);
}

/** ∂/∂x ⟨u, J(x) g⟩ with J the Jacobian of the plain norm; symmetric in u and g. */
export function normCurvature(x: Tensor, stats: Tensor, u: Tensor, g: Tensor, p: NormProblem): Tensor {
  const chunks = reductionChunks(p);
  const parts = empty(x.gpu, [p.outer, chunks, 5, p.channels]);
  launch('curvatureSums', normCurvatureSums, p, [parts, x, stats, u, g], { chunks });
  const out = empty(x.gpu, x.shape);
  launch('curvatureApply', normCurvatureApply, p, [out, x, stats, u, g, sumChunks(parts, p, 5)], {
    chunks: passChunks(p),
  });
  return out;
}
