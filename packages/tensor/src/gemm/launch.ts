/** @file Launches a product: chooses the multiply, splits K, and puts loaders, multiply and epilogue together. */
import { type Gpu, type KernelChoice, linearGrid } from '@visage/gpu';
import { gemmEpilogueStore, gemmEpilogueStoreScalar } from '@visage/kernels';
import { chooseFor } from '../core/metProblems.ts';
import type { Shape } from '../core/shape.ts';
import { empty, type Tensor } from '../core/tensor.ts';
import { finisher, mergeSplits, UNFINISHED } from './epilogue.ts';
import { loaderOfA, loaderOfB } from './operands.ts';
import { type GemmPlan, type GemmProblem, LONGEST_SUM, tensorsOf } from './problem.ts';
import { gemmFamily } from './variants.ts';

const PER_PROCESSOR = 2; // workgroups that keep a processor busy
const SHORTEST_SPLIT = 128; // terms; below this the extra launch costs more than idle processors

// A workgroup's z is (split of K) · BATCH + batchIndex. Even with one split the split comes out of a division whose
// result compilers cannot know: if they knew that a loop over a short K starts at 0, they would unroll it, and llvmpipe
// would compile for seconds.
const BEGIN = 'var<private> batchIndex : u32;\nfn begin(z : u32) -> u32 { batchIndex = z % BATCH; return z / BATCH; }';

/**
 * The number of pieces that K is split into: enough workgroups to fill the device, and no serial sum above LONGEST_SUM.
 */
function splitsOf(problem: GemmProblem, plan: GemmPlan, gpu: Gpu): number {
  if (plan.splits) return plan.splits;
  const steps = Math.ceil(problem.k / plan.kStep);
  const forAccuracy = Math.ceil(problem.k / LONGEST_SUM);
  const tiles = plan.tiles[0] * plan.tiles[1] * (problem.batch ?? 1);
  const forOccupancy = gpu.adapter.software
    ? 1
    : Math.min(Math.ceil((PER_PROCESSOR * gpu.profile.processors) / tiles), Math.floor(problem.k / SHORTEST_SPLIT));
  return Math.max(1, Math.min(steps, Math.max(forAccuracy, forOccupancy)));
}

interface Planned {
  readonly choice: KernelChoice;
  readonly plan: GemmPlan;
}

/**
 * The chosen multiply. `relaunch` computes the whole problem once more, for tuning; `target` is what it overwrites, if
 * the caller owns it.
 */
function planOf(gpu: Gpu, problem: GemmProblem, target: Tensor | undefined, relaunch: () => Tensor): Planned {
  const { a, b, finish = {} } = problem;
  const choice = chooseFor(gpu, {
    family: gemmFamily,
    problem,
    buffers: [a, b, target?.buffer, ...tensorsOf(finish).map(({ buffer }) => buffer)],
    launch: relaunch,
  });
  return { choice, plan: choice.variant.plan(problem, gpu) };
}

/**
 * Chooses a kernel for `problem`, launches it, and returns C in `shape`.
 *
 * @throws VisageError if a variant that `withVariant` names cannot compute the problem.
 */
export function gemm(gpu: Gpu, problem: GemmProblem, shape: Shape): Tensor {
  const planned = planOf(gpu, problem, undefined, () => gemm(gpu, mergedHere(problem), shape));
  const splits = splitsOf(problem, planned.plan, gpu);
  if (splits === 1) {
    const c = empty(gpu, shape, problem.result);
    launch(gpu, problem, planned, c);
    return c;
  }
  const partial = empty(gpu, [splits, ...shape]);
  launch(gpu, problem, planned, partial, { splits });
  const { finish = {}, result: type = 'f32' } = problem;
  const merged = finish.mergedBy?.({ partial, type, finish });
  if (merged) return merged;
  const c = empty(gpu, shape, type);
  mergeSplits(gpu, problem, partial, c, planned.choice);
  return c;
}

/** The problem without what another op would do to its sums. */
const mergedHere = (problem: GemmProblem): GemmProblem => ({
  ...problem,
  finish: { ...problem.finish, mergedBy: undefined },
});

/**
 * Launches `problem` into an existing tensor, without splitting K: for results that several launches fill.
 *
 * @throws VisageError if a variant that `withVariant` names cannot compute the problem.
 */
export function gemmInto(gpu: Gpu, problem: GemmProblem, c: Tensor): Tensor {
  const planned = planOf(gpu, { ...problem, unsplit: true }, c, () => gemmInto(gpu, problem, c));
  launch(gpu, problem, planned, c, { fills: true });
  return c;
}

/** Writes C, or with `splits` above 1 the partial sums [splits, …C] in f32; with `fills` a part of C. */
function launch(
  gpu: Gpu,
  problem: GemmProblem,
  { choice, plan }: Planned,
  c: Tensor,
  { splits = 1, fills = false }: { readonly splits?: number; readonly fills?: boolean } = {},
): void {
  const { m, n, k, batch = 1, operands = 'f32', transposedB } = problem;
  const { wide = false, readsTransposed = false, foursAlongK = false, enables = [] } = plan;
  const b = transposedB && !readsTransposed ? transposedB.asRows() : problem.b;
  const loaderA = loaderOfA(problem, wide, plan.kStep);
  const loaderB = loaderOfB(problem, wide, readsTransposed, foursAlongK);
  const finish = splits === 1 ? finisher(n, problem.finish ?? {}, 3) : UNFINISHED;
  const steps = Math.ceil(k / plan.kStep);
  const [x, y] = linearGrid(plan.tiles[0] * plan.tiles[1]);
  const half = operands === 'f16' || c.dtype === 'f16';
  gpu.dispatch({
    program: {
      name: `gemm/${problem.name}`,
      enables: [...(half ? ['f16'] : []), ...enables],
      aliases: { ...loaderA.aliases, ...loaderB.aliases, StoredC: c.dtype },
      constants: {
        M: m,
        N: n,
        K: k,
        ROWS_OF_C: c.size / splits / n,
        EXACT_K: wide && k % plan.kStep === 0,
        WHOLE_K: k % plan.kStep === 0,
        TILES_N: plan.tiles[1],
        K_CHUNK: Math.max(1, Math.ceil(steps / splits)) * plan.kStep,
        BATCH: batch,
        ...loaderA.constants,
        ...loaderB.constants,
        ...plan.constants,
        ...problem.constants,
      },
      parts: [
        BEGIN,
        `fn rowOfB(k : u32) -> u32 { ${problem.rowOfB ?? 'return k;'} }`,
        `fn outRow(m : u32) -> u32 { ${problem.outRow ?? 'return m;'} }`,
        finish.code,
        ...loaderA.parts,
        ...(plan.shufflesSteps ? [shuffleStepCode(problem)] : []),
        ...loaderB.parts,
        n % 4 === 0 ? gemmEpilogueStore : gemmEpilogueStoreScalar,
        plan.multiply,
      ],
    },
    buffers: [c.buffer, problem.a, b, ...finish.buffers],
    grid: [x, y, splits * batch],
    flops: 2 * m * n * k * batch,
    choice,
    fills,
  });
}

const shuffleStepCode = ({ shuffleStep = 'return subgroupShuffle(step, thread);' }: GemmProblem): string =>
  `fn shuffleStep(step : StepA, thread : u32) -> StepA { ${shuffleStep} }`;
