import { f32Literal } from '@visage/gpu';
import {
  normApply,
  normAtLeastZero,
  normCached,
  normCachedGrad,
  normCurvatureApply,
  normCurvatureSums,
  normGradApply,
  normGradSums,
  normMergeMoments,
  normMergeSums,
  normMoments,
  normPivot,
  normReadStats,
  normRegisters,
  normRegistersGrad,
  normRegistersOfSplits,
  normRowsInRegisters,
  normWriteStats,
} from '@visage/kernels';
import { empty, type Tensor } from '../core/tensor.ts';
import { leakyReluCode } from '../elementwise/activationCode.ts';
import { sumsToZero } from '../elementwise/zeroSum.ts';
import { type Bound, bindAll, declared, launchPass, launchRows } from '../reduce/launch.ts';
import { type NormPlan, normFamily, planRows } from '../reduce/plan.ts';
import { type NormProblem, type Sharing, vectorWidthOf } from '../reduce/threads.ts';

/** What follows the normalisation: y = finish(x̂ · scale + shift). */
export interface NormAffine {
  /** WGSL expressions of type V for channel group `c` of sample `outer`, over the storage arrays named in `sources`. */
  readonly scale: string;
  readonly shift: string;
  readonly sources: Readonly<Record<string, Tensor>>;
  /** Slope of a leaky ReLU behind the affine map, 0 for a ReLU; none by default. */
  readonly slope?: number;
  /** Added last. */
  readonly residual?: Tensor;
}

/** Rows of a thread in {@link normOfSplits}: of each it holds three values of four f32. */
const MOST_SPLIT_ROWS = 7;

/** No scale and no shift. */
export const PLAIN: NormAffine = { scale: 'V(1.0)', shift: 'V(0.0)', sources: {} };

const affineAt =
  ({ scale, shift, sources }: NormAffine) =>
  (at: number): Bound => ({
    code: [
      ...declared('read', 'V', sources, at),
      `fn scaleAt(outer : u32, c : u32) -> V { return ${scale}; }`,
      `fn shiftAt(outer : u32, c : u32) -> V { return ${shift}; }`,
    ].join('\n'),
    tensors: Object.values(sources),
  });

/** The gradient through the affine's activation, if it has one. */
function gateCode({ slope }: NormAffine): string {
  if (slope === undefined) return 'fn gate(dy : V, v : V) -> V { return dy; }';
  const gated =
    slope === 0 ? 'select(dy, V(0.0), v <= V(0.0))' : `select(dy * V(${f32Literal(slope)}), dy, v > V(0.0))`;
  return `fn gate(dy : V, v : V) -> V { return ${gated}; }`;
}

/**
 * Activation and residual. `type` says how the residual is loaded: S as numbers, Raw as it lies in memory, for kernels
 * that load many rows at once.
 */
const finishAt =
  ({ slope, residual }: NormAffine, type: 'S' | 'Raw') =>
  (at: number): Bound => {
    const value = slope === undefined ? 'v' : leakyReluCode('v', slope);
    const added = residual ? `${value} + addend` : value;
    return {
      code: [
        ...declared('read', type, residual ? { residual } : {}, at),
        `fn addendAt(i : u32) -> ${type} { return ${residual ? 'residual[i]' : `${type}()`}; }`,
        `fn finish(v : V, addend : V) -> V { return ${added}; }`,
      ].join('\n'),
      tensors: residual ? [residual] : [],
    };
  };

/** What a kernel does with a channel's statistics, or the two sums of its gradient, besides writing them. */
export interface NormObserver {
  /**
   * WGSL that may change the storage arrays named in `targets`, one element per channel group: over `c`, `mean`,
   * `variance` and `rows` where a norm has its statistics; over `outer`, `c`, `first` and `second` where a gradient has
   * its two sums.
   */
  readonly body: string;
  readonly targets: Readonly<Record<string, Tensor>>;
}
const NOBODY: NormObserver = { body: '', targets: {} };

/** WGSL of a function without a result, whose `body` writes into `targets`. */
const writes =
  (head: string) =>
  ({ body, targets }: NormObserver) =>
  (at: number): Bound => ({
    code: [...declared('read_write', 'V', targets, at), `fn ${head} { ${body} }`].join('\n'),
    tensors: Object.values(targets),
  });

const observerAt = writes('observe(c : u32, mean : V, variance : V, rows : f32)');
const publishAt = writes('publish(outer : u32, c : u32, first : V, second : V)');

const planOf = (p: NormProblem, x: Tensor): NormPlan => planRows(normFamily, p, x.gpu);
const statsShape = (p: NormProblem) => [p.outer, 4, p.channels];

/**
 * How rowsInRegisters.wgsl keeps what lies in memory: four f16 as two words, because as four numbers they may take four
 * registers.
 */
function rawCode(x: Tensor, p: NormProblem): string {
  const pairs = x.dtype === 'f16' && vectorWidthOf(p) === 4;
  return [
    `alias Raw = ${pairs ? 'vec2u' : 'S'};`,
    `fn opened(raw : Raw) -> V { return V(${pairs ? 'bitcast<S>(raw)' : 'raw'}); }`,
    `fn packed(v : V) -> Raw { return ${pairs ? 'bitcast<Raw>(S(v))' : 'S(v)'}; }`,
    normRowsInRegisters,
  ].join('\n');
}

/** Mean and biased variance over the rows, and the two unrounded parts of the mean: [outer, 4, channels]. */
function statisticsOf(x: Tensor, p: NormProblem, plan: NormPlan, observer: NormObserver): Tensor {
  const { sharing, chunks, merging = sharing } = plan;
  const parts = empty(x.gpu, [p.outer, chunks, 2, p.channels]);
  launchRows('norm/moments', normMoments, p, x, [parts, x], { sharing, chunks, parts: [normPivot, normAtLeastZero] });
  const stats = empty(x.gpu, statsShape(p));
  const bound = bindAll(3, [observerAt(observer)]);
  launchRows('norm/mergeMoments', normMergeMoments, p, x, [stats, parts, x], {
    sharing: merging,
    chunks: 1,
    bound,
    parts: [normWriteStats, normAtLeastZero],
    constants: { CHUNK_ROWS: sharing.rowsPerWorkgroup },
  });
  return stats;
}

/** finish((x − mean) / √(var + eps) · scale + shift), and the statistics for the gradient; no graph. */
export function normForward(
  x: Tensor,
  p: NormProblem,
  affine: NormAffine = PLAIN,
  observer: NormObserver = NOBODY,
): { out: Tensor; stats: Tensor } {
  const plan = planOf(p, x);
  if (!plan.oneLaunch) {
    const stats = statisticsOf(x, p, plan, observer);
    return { out: normApplied(x, stats, p, affine), stats };
  }
  const { sharing, registers } = plan;
  const [out, stats] = [empty(x.gpu, x.shape, x.dtype), empty(x.gpu, statsShape(p))];
  const bound = bindAll(3, [affineAt(affine), finishAt(affine, registers ? 'Raw' : 'S'), observerAt(observer)]);
  const [name, kernel] = registers
    ? (['norm/registers', normRegisters] as const)
    : (['norm/cached', normCached] as const);
  const parts = [normWriteStats, normAtLeastZero, ...(registers ? [normPivot, rawCode(x, p)] : [])];
  launchRows(name, kernel, p, x, [out, stats, x], { sharing, chunks: 1, bound, parts, registers });
  return { out, stats };
}

/**
 * The norm of the sums of a product whose K was split, written into `out`, in one launch: what {@link normForward}
 * makes of Σₛ partial[s] + bias. `partial` is [splits, …out] in f32, `bias` [channels].
 *
 * @returns `undefined`, and launches nothing, where a thread would have too many rows in registers.
 */
export function normOfSplits(
  partial: Tensor,
  bias: Tensor | undefined,
  out: Tensor,
  p: NormProblem,
  affine: NormAffine,
): Tensor | undefined {
  const { sharing, registers } = planOf(p, out);
  if (!registers || registers.REGISTER_ROWS > MOST_SPLIT_ROWS) return undefined;
  const stats = empty(out.gpu, statsShape(p));
  const biasAt = (at: number): Bound => ({
    code: [
      ...declared('read', 'V', bias ? { bias } : {}, at),
      `fn biasAt(c : u32) -> V { return ${bias ? 'bias[c]' : 'V(0.0)'}; }`,
    ].join('\n'),
    tensors: bias ? [bias] : [],
  });
  const bound = bindAll(3, [affineAt(affine), finishAt(affine, 'Raw'), observerAt(NOBODY), biasAt]);
  const parts = [normWriteStats, normAtLeastZero, normPivot, rawCode(out, p)];
  const how = { sharing, chunks: 1, bound, parts, registers };
  launchRows('norm/registersOfSplits', normRegistersOfSplits, p, out, [out, stats, partial], how);
  return out;
}

/** The same from statistics that are there already, in one pass. */
export function normApplied(x: Tensor, stats: Tensor, p: NormProblem, affine: NormAffine): Tensor {
  const out = empty(x.gpu, x.shape, x.dtype);
  const bound = bindAll(3, [affineAt(affine), finishAt(affine, 'S')]);
  launchPass('norm/apply', normApply, p, x, [out, x, stats], { bound, parts: [normReadStats] });
  return out;
}

/** Adds chunks in order: [outer, chunks, quantities, channels] → [outer, quantities, channels]. */
function mergeSums(parts: Tensor, p: NormProblem, sharing: Sharing, publish = publishAt(NOBODY)): Tensor {
  const quantities = parts.dim(2);
  const sums = empty(parts.gpu, [p.outer, quantities, p.channels]);
  const bound = bindAll(2, [publish]);
  const constants = { QUANTITIES: quantities };
  launchRows('norm/mergeSums', normMergeSums, p, parts, [sums, parts], { sharing, chunks: 1, bound, constants });
  return sums;
}

/** Gradients of a norm. */
export interface NormGradients {
  /** Of x; `undefined` if it was not asked for. */
  readonly x: Tensor | undefined;
  /** Of scale and shift: Σ h·x̂ and Σ h over the rows. */
  readonly scale: Tensor;
  readonly shift: Tensor;
}

/**
 * The gradients of a norm whose scale and shift are [channels] each (outer is 1), as tensors of their own.
 *
 * h is the gradient through the activation.
 */
export function normChannelGradients(
  x: Tensor,
  stats: Tensor,
  dy: Tensor,
  p: NormProblem,
  affine: NormAffine,
  needsX: boolean,
): NormGradients {
  const [scale, shift] = [empty(x.gpu, [p.channels]), empty(x.gpu, [p.channels])];
  const publish = { body: 'dScale[c] = first; dShift[c] = second;', targets: { dScale: scale, dShift: shift } };
  return { x: gradientOfX(x, stats, dy, p, affine, needsX, publishAt(publish)), scale, shift };
}

/** The gradients of x, and of scale and shift side by side: [outer, 2, channels]. */
export function normGradients(
  x: Tensor,
  stats: Tensor,
  dy: Tensor,
  p: NormProblem,
  affine: NormAffine,
  needsX = true,
): { x: Tensor | undefined; affine: Tensor } {
  const sums = empty(x.gpu, [p.outer, 2, p.channels]);
  const body = 'dAffine[outer * 2u * GROUPS + c] = first; dAffine[(outer * 2u + 1u) * GROUPS + c] = second;';
  return {
    x: gradientOfX(x, stats, dy, p, affine, needsX, publishAt({ body, targets: { dAffine: sums } })),
    affine: sums,
  };
}

function gradientOfX(
  x: Tensor,
  stats: Tensor,
  dy: Tensor,
  p: NormProblem,
  affine: NormAffine,
  needsX: boolean,
  publish: ReturnType<typeof publishAt>,
): Tensor | undefined {
  const { oneLaunch, registers, sharing, chunks, merging = sharing } = planOf(p, x);
  const parts = [normReadStats, gateCode(affine)];
  if (oneLaunch && needsX) {
    const out = empty(x.gpu, x.shape, x.dtype);
    const bound = bindAll(4, [affineAt(affine), publish]);
    const [name, kernel] = registers
      ? (['norm/registersGrad', normRegistersGrad] as const)
      : (['norm/cachedGrad', normCachedGrad] as const);
    const how = { sharing, chunks: 1, bound, parts: registers ? [...parts, rawCode(x, p)] : parts, registers };
    launchRows(name, kernel, p, x, [out, x, stats, dy], how);
    return sumsToZero(out);
  }
  const partial = empty(x.gpu, [p.outer, chunks, 2, p.channels]);
  const bound = bindAll(4, [affineAt(affine)]);
  launchRows('norm/gradSums', normGradSums, p, x, [partial, x, stats, dy], { sharing, chunks, bound, parts });
  const sums = mergeSums(partial, p, merging, publish);
  if (!needsX) return undefined;
  const out = empty(x.gpu, x.shape, x.dtype);
  const late = bindAll(5, [affineAt(affine)]);
  launchPass('norm/gradApply', normGradApply, p, x, [out, x, stats, dy, sums], { bound: late, parts });
  return sumsToZero(out);
}

/** ∂/∂x ⟨u, J(x) g⟩ with J the Jacobian of the plain norm; symmetric in u and g. */
export function normCurvature(x: Tensor, stats: Tensor, u: Tensor, g: Tensor, p: NormProblem): Tensor {
  const { sharing, chunks, merging = sharing } = planOf(p, x);
  const parts = [normReadStats];
  const partial = empty(x.gpu, [p.outer, chunks, 5, p.channels]);
  launchRows('norm/curvatureSums', normCurvatureSums, p, x, [partial, x, stats, u, g], { sharing, chunks, parts });
  const sums = mergeSums(partial, p, merging);
  const out = empty(x.gpu, x.shape, x.dtype);
  launchPass('norm/curvatureApply', normCurvatureApply, p, x, [out, x, stats, u, g, sums], { parts });
  return out;
}
