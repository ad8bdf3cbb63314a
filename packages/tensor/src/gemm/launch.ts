import { type Gpu, type KernelChoice, linearGrid } from '@visage/gpu';
import { gemmEpilogueStore, gemmEpilogueStoreScalar } from '@visage/kernels';
import { chooseFor } from '../core/metProblems.ts';
import type { Shape } from '../core/shape.ts';
import { empty, type Tensor } from '../core/tensor.ts';
import { finisher, mergeSplits, tensorsOf, UNFINISHED } from './epilogue.ts';
import { loaderOfA, loaderOfB } from './operands.ts';
import { type GemmPlan, LONGEST_SUM } from './plan.ts';
import type { GemmProblem } from './problem.ts';
import { gemmFamily } from './variants.ts';

const PER_PROCESSOR = 2; // workgroups that keep it busy
const SHORTEST_SPLIT = 128; // below this the extra reduction costs more than idle processors

// A workgroup's z is a split of K and an item, which the functions of the problem may ask for. The division comes out of a number that the compiler cannot
// know, even if there is one split only: else drivers unroll the loop over a short K, and llvmpipe then compiles for seconds.
const BEGIN = `var<private> item : u32;\nfn begin(z : u32) -> u32 { item = z % ITEMS; return z / ITEMS; }`;

/** How many pieces K falls into: enough workgroups to fill the device, and no serial sum too long. */
function splitsOf(problem: GemmProblem, plan: GemmPlan, gpu: Gpu): number {
  if (plan.splits) return plan.splits;
  const steps = Math.ceil(problem.k / plan.kStep);
  const forAccuracy = Math.ceil(problem.k / LONGEST_SUM);
  const tiles = plan.tiles[0] * plan.tiles[1];
  const forWidth = gpu.adapter.software
    ? 1
    : Math.min(Math.ceil((PER_PROCESSOR * gpu.profile.processors) / tiles), Math.floor(problem.k / SHORTEST_SPLIT));
  return Math.max(1, Math.min(steps, Math.max(forAccuracy, forWidth)));
}

/** The chosen multiply; `again` launches the whole problem once more, for who measures it. */
function planOf(gpu: Gpu, problem: GemmProblem, target: Tensor | undefined, again: () => Tensor) {
  const choice = chooseFor(gpu, {
    family: gemmFamily,
    problem,
    buffers: [
      ...[problem.a, problem.b, problem.bias, target?.buffer],
      ...tensorsOf(problem.tail ?? {}).map(({ buffer }) => buffer),
    ],
    launch: again,
  });
  return { choice, plan: choice.variant.plan(problem, gpu) };
}

/** Chooses a kernel for `problem`, launches it, and returns C in `shape`. */
export function gemm(gpu: Gpu, problem: GemmProblem, shape: Shape): Tensor {
  const planned = planOf(gpu, problem, undefined, () => gemm(gpu, problem, shape));
  const splits = splitsOf(problem, planned.plan, gpu);
  const c = empty(gpu, shape, problem.result);
  if (splits === 1) {
    launch(gpu, problem, planned, c, 1);
    return c;
  }
  const partial = empty(gpu, [splits, ...shape]);
  launch(gpu, problem, planned, partial, splits);
  mergeSplits(gpu, problem, partial, c, planned.choice);
  return c;
}

/** Launches `problem` into an existing tensor, without splitting K: for results that several launches fill. */
export function gemmInto(gpu: Gpu, problem: GemmProblem, c: Tensor): Tensor {
  launch(
    gpu,
    problem,
    planOf(gpu, { ...problem, unsplit: true }, c, () => gemmInto(gpu, problem, c)),
    c,
    1,
  );
  return c;
}

interface Planned {
  readonly choice: KernelChoice;
  readonly plan: GemmPlan;
}

/** Writes C, or with `splits` above 1 the partial sums [splits, …C] in f32. */
function launch(gpu: Gpu, problem: GemmProblem, { choice, plan }: Planned, c: Tensor, splits: number): void {
  const { m, n, k, items = 1, operands = 'f32' } = problem;
  const { wide = false, readsAcross = false, enables = [] } = plan;
  const b = problem.across && !readsAcross ? problem.across.asRows() : problem.b;
  const [loaderA, loaderB] = [loaderOfA(problem, wide, plan.kStep), loaderOfB(problem, wide, readsAcross)];
  const finish = splits === 1 ? finisher(problem, 3) : UNFINISHED;
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
        ROWS_OF_C: c.size / splits / n, // multiplies call the rows of an invocation ROWS
        EXACT_K: wide && k % plan.kStep === 0,
        WHOLE_K: k % plan.kStep === 0,
        TILES_N: plan.tiles[1],
        K_CHUNK: Math.max(1, Math.ceil(steps / splits)) * plan.kStep,
        ITEMS: items,
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
        ...(plan.shares
          ? [
              `fn shareStep(step : StepA, lane : u32) -> StepA { ${problem.shareStep ?? 'return subgroupShuffle(step, lane);'} }`,
            ]
          : []),
        ...loaderB.parts,
        n % 4 === 0 ? gemmEpilogueStore : gemmEpilogueStoreScalar,
        plan.multiply,
      ],
    },
    buffers: [c.buffer, problem.a, b, ...finish.buffers],
    grid: [x, y, splits * items],
    flops: 2 * m * n * k * items,
    choice,
  });
}
