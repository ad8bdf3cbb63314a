/**
 * @file Times the variants of kernel families on the problems that a program met, and writes the fastest into the
 * tuning memo.
 */
import {
  ArgumentError,
  checkBoolean,
  checkOptions,
  currentGpu,
  type Gpu,
  lendScratch,
  type OptionKeys,
  type RecordedStep,
  refillScratch,
  showValue,
  type TuningEntry,
  timeInterleaved,
  withVariant,
} from '@visage/gpu';
import { noGrad } from '../core/autograd.ts';
import { collectProblems, type MetProblem } from '../core/metProblems.ts';
import { record, scope } from '../core/scope.ts';
import type { Tensor } from '../core/tensor.ts';
import { cast } from '../elementwise/cast.ts';
import { type Agreement, agreement, withinTolerance } from './agreement.ts';

/** How to tune. */
export interface TuneOptions {
  /** The device; its memo receives the results. Default: that of the problems. */
  readonly gpu?: Gpu;
  /** Stop after about this long; the problems with the most work come first. Default: no end. */
  readonly seconds?: number;
  /** Also measure problems that the memo has. Default false. */
  readonly again?: boolean;
  /** Called after each problem. */
  onResult?(result: TuneResult): void;
}

const OPTIONS: OptionKeys<TuneOptions> = { gpu: true, seconds: true, again: true, onResult: true };

/** The result of one variant on a problem. */
export interface TuneTrial {
  readonly variant: string;
  /** `undefined` if the result was wrong: a wrong kernel is not timed. */
  readonly ms: number | undefined;
  readonly agreement: Agreement;
}

/** The measurements of a problem. */
export interface TuneResult {
  readonly problem: MetProblem;
  /** In the family's order of preference. */
  readonly trials: readonly TuneTrial[];
  /** The most preferred variant, unless another one is faster by more than noise. */
  readonly best: string;
}

const NOISE = 0.97; // another variant must take less than this fraction of the preferred one's time
// and the reference: variants ranked behind them have not won anywhere, and each costs a compilation
const MOST_CANDIDATES = 5;
const AT_ONCE = 16; // problems whose variants are compiled at the same time
const HOPELESS = 2; // variants slower than this many times the fastest in the first round are not timed again

/**
 * Measures the variants that admit each problem and writes the fastest into the device's tuning memo.
 *
 * A variant's result first has to agree with that of the family's last variant, the reference; then all are timed,
 * interleaved. A problem that arises inside a variant of another family (the products of a convolution) is measured
 * first, so that the variant runs at its fastest.
 *
 * @throws ArgumentError if an option is unknown or of the wrong type.
 */
export async function tune(problems: readonly MetProblem[], options: TuneOptions = {}): Promise<TuneResult[]> {
  checkOptions('tune', options, OPTIONS);
  const { seconds = Number.POSITIVE_INFINITY, again = false, onResult } = options;
  const gpu = options.gpu ?? problems[0]?.buffers[0]?.home ?? currentGpu();
  if (typeof seconds !== 'number' || Number.isNaN(seconds))
    throw new ArgumentError('tune', 'seconds', showValue(seconds), 'a number of seconds, Infinity for no end');
  checkBoolean('tune', 'again', again);
  const end = performance.now() + 1000 * seconds;
  const visited = new Set<MetProblem>();
  const results: TuneResult[] = [];
  const wanted = ({ family, signature, candidates }: MetProblem) =>
    candidates.length > 1 && (again || !gpu.tuning.get(family, signature));
  const visit = async (problem: MetProblem, inner: readonly MetProblem[]): Promise<void> => {
    for (const each of inner) await visit(each, []);
    if (visited.has(problem) || !wanted(problem)) return;
    visited.add(problem);
    const result = await measure(problem, gpu);
    results.push(result);
    onResult?.(result);
  };
  const open = problems.filter(wanted).sort((a, b) => work(b) - work(a));
  const atOnce = gpu.adapter.software ? 1 : AT_ONCE; // compilation and kernels share the CPU there
  for (let first = 0; first < open.length && performance.now() <= end; first += atOnce) {
    const some = open.slice(first, first + atOnce);
    const inner = await compiled(some, gpu);
    await compiled(inner.flat().filter(wanted), gpu);
    for (const [k, problem] of some.entries()) await visit(problem, inner[k] ?? []);
  }
  return results;
}

/** A rough weight of a problem: the bytes that all its launches touch. */
const work = ({ calls, buffers }: MetProblem): number => calls * buffers.reduce((sum, { bytes }) => sum + bytes, 0);

/** A recorded step of one variant on a problem. */
const attempt = (problem: MetProblem, variant: string): RecordedStep<Tensor> =>
  withVariant(problem.family, variant, () => noGrad(() => record(problem.launch)));

/**
 * Compiles the variants of all problems at the same time. Returns, for each problem, the problems of other families
 * inside its variants.
 */
async function compiled(problems: readonly MetProblem[], gpu: Gpu): Promise<MetProblem[][]> {
  const inner: MetProblem[][] = [];
  const compilations: Promise<void>[] = [];
  for (const problem of problems) {
    const trace = () => {
      for (const candidate of candidatesOf(problem)) {
        const step = attempt(problem, candidate);
        compilations.push(step.ready());
        step.dispose();
      }
    };
    const arising = await lendScratch(gpu, problem.buffers, async () => collectProblems(trace));
    inner.push(arising.filter(({ family }) => family !== problem.family));
  }
  await Promise.all(compilations);
  return inner;
}

/** The variants that are measured: the most preferred ones, and the reference. */
const candidatesOf = ({ candidates }: MetProblem): readonly string[] => [
  ...candidates.slice(0, -1).slice(0, MOST_CANDIDATES),
  candidates.at(-1) as string,
];

/** Checks and times the variants of one problem, and puts the best into the memo. */
function measure(problem: MetProblem, gpu: Gpu): Promise<TuneResult> {
  const { family, signature, buffers } = problem;
  return lendScratch(gpu, buffers, async () => {
    const candidates = candidatesOf(problem);
    const steps: RecordedStep<Tensor>[] = [];
    try {
      for (const variant of candidates) steps.push(attempt(problem, variant));
      const agreements = await agreementsOf(steps, problem, gpu);
      const times = await timeRight(
        gpu,
        steps.map((step, k) => (withinTolerance(agreements[k] as Agreement) ? step : undefined)),
      );
      const trials = candidates.map((variant, k) => ({ variant, ms: times[k], agreement: agreements[k] as Agreement }));
      const entry = entryOf(trials);
      if (entry) gpu.tuning.set(family, signature, entry);
      return { problem, trials, best: entry?.variant ?? (candidates[0] as string) };
    } finally {
      for (const step of steps) step.dispose();
    }
  });
}

/** How each step's result compares with that of the last one. */
async function agreementsOf(
  steps: readonly RecordedStep<Tensor>[],
  problem: MetProblem,
  gpu: Gpu,
): Promise<Agreement[]> {
  const reference = runFresh(steps.at(-1) as RecordedStep<Tensor>, problem, gpu);
  try {
    const agreements: Agreement[] = [];
    for (const step of steps) agreements.push(await compared(step, reference, problem, gpu));
    return agreements;
  } finally {
    reference.dispose();
  }
}

/**
 * Milliseconds of each step: one round of all, then many rounds of those within HOPELESS of the fastest. `undefined`
 * stays `undefined`.
 */
async function timeRight(
  gpu: Gpu,
  steps: readonly (RecordedStep<Tensor> | undefined)[],
): Promise<(number | undefined)[]> {
  const right = steps.filter((step) => step !== undefined);
  if (right.length === 0) return steps.map(() => undefined);
  const commands = (each: readonly RecordedStep<Tensor>[]) => each.map((step) => step.commands);
  const first = await timeInterleaved(gpu, commands(right), { rounds: 1, spanMs: 0 });
  const bound = HOPELESS * Math.min(...first);
  const racing = right.filter((_, k) => (first[k] as number) <= bound);
  const raced = await timeInterleaved(gpu, commands(racing));
  return steps.map((step) => {
    if (!step) return undefined;
    const at = racing.indexOf(step);
    return at >= 0 ? raced[at] : first[right.indexOf(step)];
  });
}

/**
 * The first trial in the order of preference, unless another one is clearly faster. `undefined` if no result was right:
 * then that of the reference itself was not finite.
 */
function entryOf(trials: readonly TuneTrial[]): TuningEntry | undefined {
  const timed = trials.flatMap(({ variant, ms }) => (ms === undefined ? [] : [{ variant, ms }]));
  const [first] = timed;
  if (!first) return undefined;
  const fastest = timed.reduce((best, each) => (each.ms < best.ms ? each : best));
  return { ...(fastest.ms < NOISE * first.ms ? fastest : first), untunedMs: first.ms };
}

/** The result of a run, as a copy in f32. Every run gets the same input numbers. */
function runFresh(step: RecordedStep<Tensor>, { buffers }: MetProblem, gpu: Gpu): Tensor {
  refillScratch(gpu, buffers);
  return scope(() => noGrad(() => cast(step.run().detach(), 'f32').mul(1)));
}

async function compared(
  step: RecordedStep<Tensor>,
  reference: Tensor,
  problem: MetProblem,
  gpu: Gpu,
): Promise<Agreement> {
  const result = runFresh(step, problem, gpu);
  try {
    return await agreement(result, reference);
  } finally {
    result.dispose();
  }
}
