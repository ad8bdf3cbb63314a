import { choose, type Gpu, linearGrid } from '@visage/gpu';
import {
  gemmEpilogueStore,
  gemmEpilogueStoreScalar,
  gemmLoadAcross,
  gemmLoadRows,
  gemmLoadRowsScalar,
} from '@visage/kernels';
import { reduceAxis, SUM } from '../ops/reduce.ts';
import { launchMap } from '../pointwise.ts';
import type { Shape } from '../shape.ts';
import { empty, Tensor } from '../tensor.ts';
import type { GemmProblem } from './problem.ts';
import { GEMM_VARIANTS, type GemmPlan } from './variants.ts';

const LONGEST_SUM = 8192; // terms that one f32 accumulator adds in series before K is split, for accuracy
const FILL_GPU = 264; // workgroups that keep a large GPU busy: two for each of 132 processors
const SHORTEST_SPLIT = 128; // below this the extra reduction costs more than idle processors

// A workgroup's z is a split of K and an item, which the functions of the problem may ask for. The division comes out of a number that the compiler cannot
// know, even if there is one split only: else drivers unroll the loop over a short K, and llvmpipe then compiles for seconds.
const BEGIN = `var<private> item : u32;\nfn begin(z : u32) -> u32 { item = z % ITEMS; return z / ITEMS; }`;

/** How many pieces K falls into: enough workgroups to fill the device, and no serial sum too long. */
function splitsOf(problem: GemmProblem, plan: GemmPlan, gpu: Gpu): number {
  if (problem.outRow) return 1;
  const steps = Math.ceil(problem.k / plan.kStep);
  const forAccuracy = Math.ceil(problem.k / LONGEST_SUM);
  const tiles = plan.tiles[0] * plan.tiles[1];
  const forWidth = gpu.adapter.software
    ? 1
    : Math.min(Math.ceil(FILL_GPU / tiles), Math.floor(problem.k / SHORTEST_SPLIT));
  return Math.max(1, Math.min(steps, Math.max(forAccuracy, forWidth)));
}

/** Chooses a kernel for `problem`, launches it, and returns C in `shape`. */
export function gemm(gpu: Gpu, problem: GemmProblem, shape: Shape): Tensor {
  const plan = choose('gemm', GEMM_VARIANTS, problem, gpu).variant.plan(problem, gpu);
  const splits = splitsOf(problem, plan, gpu);
  if (splits === 1) {
    const c = empty(gpu, shape);
    launch(gpu, problem, plan, c, 1);
    return c;
  }
  const partial = empty(gpu, [splits, problem.m, problem.n]);
  launch(gpu, { ...problem, bias: undefined }, plan, partial, splits);
  const c = reduceAxis(partial, SUM, 1, splits, problem.m * problem.n, shape);
  return problem.bias ? launchMap('bias', 'a + b', [c, new Tensor(gpu, problem.bias, [problem.n])]) : c;
}

/** Launches `problem` into an existing tensor, without splitting K: for results that several launches fill. */
export function gemmInto(gpu: Gpu, problem: GemmProblem, c: Tensor): void {
  launch(gpu, problem, choose('gemm', GEMM_VARIANTS, problem, gpu).variant.plan(problem, gpu), c, 1);
}

function launch(gpu: Gpu, problem: GemmProblem, plan: GemmPlan, c: Tensor, splits: number): void {
  const { m, n, k, bias, items = 1 } = problem;
  const across = plan.readsAcross ? problem.across : undefined;
  const b = problem.across && !across ? problem.across.asRows() : problem.b;
  const steps = Math.ceil(k / plan.kStep);
  const [x, y] = linearGrid(plan.tiles[0] * plan.tiles[1]);
  const vector = n % 4 === 0;
  gpu.dispatch({
    program: {
      name: `gemm/${problem.name}`,
      enables: plan.enables,
      constants: {
        M: m,
        N: n,
        K: k,
        TILES_N: plan.tiles[1],
        K_CHUNK: Math.max(1, Math.ceil(steps / splits)) * plan.kStep,
        ITEMS: items,
        ...(across ? { INNER: across.inner } : {}),
        ...plan.constants,
        ...problem.constants,
      },
      parts: [
        BEGIN,
        `fn rowOfB(k : u32) -> u32 { ${problem.rowOfB ?? 'return k;'} }`,
        `fn outRow(m : u32) -> u32 { ${problem.outRow ?? 'return m;'} }`,
        biasFunction(bias !== undefined, vector),
        ...problem.loaderA,
        ...(plan.shares
          ? [
              `fn shareStep(step : StepA, lane : u32) -> StepA { ${problem.shareStep ?? 'return subgroupShuffle(step, lane);'} }`,
            ]
          : []),
        across ? gemmLoadAcross : vector ? gemmLoadRows : gemmLoadRowsScalar,
        vector ? gemmEpilogueStore : gemmEpilogueStoreScalar,
        plan.multiply,
      ],
    },
    buffers: bias ? [c.buffer, problem.a, b, bias] : [c.buffer, problem.a, b],
    grid: [x, y, splits * items],
    flops: 2 * m * n * k * items,
  });
}

function biasFunction(present: boolean, vector: boolean): string {
  if (!present) return 'fn bias(n : u32) -> vec4f { return vec4f(); }';
  const declare = `@group(0) @binding(3) var<storage, read> biases : array<${vector ? 'vec4f' : 'f32'}>;`;
  if (vector) return `${declare}\nfn bias(n : u32) -> vec4f { return biases[n / 4u]; }`;
  return [
    declare,
    'fn bias(n : u32) -> vec4f {',
    '  let at = min(n + vec4u(0u, 1u, 2u, 3u), vec4u(N - 1u));',
    '  return vec4f(biases[at.x], biases[at.y], biases[at.z], biases[at.w]);',
    '}',
  ].join('\n');
}
