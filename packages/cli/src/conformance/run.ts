import { VisageError } from '@visage/gpu';
import type { Precision } from '@visage/simswap';
import { autocast, record, scope, type Tensor, tensorsIn } from '@visage/tensor';
import { CaseTensors, type GoldenCase, type GoldenFile } from './golden.ts';
import { largestEntryError, norm, relativeError, sameBits } from './measure.ts';
import type { Computed, Prepared } from './prepared.ts';
import { preparerOf } from './registry.ts';
import { type Tolerance, toleranceOf } from './tolerance.ts';

/** The verdict on one case. */
export interface CaseReport {
  readonly case: string;
  readonly op: string;
  readonly status: 'pass' | 'fail' | 'unsupported';
  /** Largest error among the outputs, and whose it is. */
  readonly outputError: number;
  readonly worstOutput: string;
  readonly gradientError: number;
  readonly worstGradient: string;
  readonly tolerance: Tolerance;
  /** Why it failed; empty when it passed. */
  readonly reason: string;
  readonly milliseconds: number;
}

/** How to run the cases of a file. */
export interface RunOptions {
  /** Only cases whose name contains this. */
  readonly only?: string;
  /** Record each case and compare its replay with the eager run, bit by bit. Default true. */
  readonly replay?: boolean;
  /** Default `f32`. `mixed` runs the cases under autocast, on activations in f16. */
  readonly precision?: Precision;
}

/** Runs the cases of a golden file one after the other on the current device. */
export async function* runGoldenFile(file: GoldenFile, options: RunOptions = {}): AsyncGenerator<CaseReport> {
  for (const golden of file.cases) {
    if (options.only && !golden.name.includes(options.only)) continue;
    yield await runCase(golden, file, options);
  }
}

async function runCase(
  golden: GoldenCase,
  file: GoldenFile,
  { replay = true, precision = 'f32' }: RunOptions,
): Promise<CaseReport> {
  const start = performance.now();
  const blank = {
    case: golden.name,
    op: golden.op,
    tolerance: toleranceOf(golden, precision),
    outputError: 0,
    worstOutput: '',
    gradientError: 0,
    worstGradient: '',
  };
  const finish = (status: CaseReport['status'], reason: string, rest: Partial<CaseReport> = {}): CaseReport => ({
    ...blank,
    status,
    reason,
    milliseconds: performance.now() - start,
    ...rest,
  });
  const prepare = preparerOf(golden.op);
  if (!prepare) return finish('unsupported', `op "${golden.op}" is not in the registry`);
  let prepared: Prepared | undefined;
  try {
    prepared = inPrecision(precision, prepare(golden, new CaseTensors(golden, file.tensors)));
    prepared.reset?.();
    const results = scope(prepared.compute);
    const eager = await readBack(results);
    free(results, prepared.inputs);
    const errors = compare(prepared, eager, blank.tolerance);
    if (errors.reason) return finish('fail', errors.reason, errors);
    const different = replay ? await replayDifference(prepared, eager) : '';
    return finish(different ? 'fail' : 'pass', different, errors);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return finish('fail', error.message, {
      outputError: Number.POSITIVE_INFINITY,
      gradientError: Number.POSITIVE_INFINITY,
    });
  } finally {
    for (const x of prepared?.inputs ?? []) x.dispose();
  }
}

const inPrecision = (precision: Precision, prepared: Prepared): Prepared =>
  precision === 'f32' ? prepared : { ...prepared, compute: () => autocast('f16', prepared.compute) };

/** Frees results. A gradient may be an input itself, such as the upstream gradient of a sum's operand. */
function free({ outputs, gradients }: Computed, inputs: readonly Tensor[]): void {
  const buffers = new Set(inputs.map((x) => x.buffer));
  for (const x of tensorsIn([outputs, gradients])) if (!buffers.has(x.buffer)) x.dispose();
}

type HostValues = ReadonlyMap<string, Float32Array>;

/** Copies every result to the host, gradients under `d_<name>`. */
async function readBack({ outputs, gradients }: Computed): Promise<HostValues> {
  const all: [string, Tensor][] = [
    ...Object.entries(outputs),
    ...Object.entries(gradients).map(([name, x]): [string, Tensor] => [`d_${name}`, x]),
  ];
  const host = new Map<string, Float32Array>();
  for (const [name, x] of all) host.set(name, await x.floats());
  return host;
}

/** Runs the case as a recorded step; says which result differs from the eager run, or nothing. */
async function replayDifference(prepared: Prepared, eager: HostValues): Promise<string> {
  const step = record(prepared.compute);
  try {
    prepared.reset?.();
    step.run();
    for (const [name, values] of await readBack(step.result)) {
      if (!sameBits(values, eager.get(name) as Float32Array)) return `${name}: the replay differs from the eager run`;
    }
    return '';
  } finally {
    step.dispose();
  }
}

/** The relative error of all gradients as one vector. */
function vectorError(expected: Readonly<Record<string, ArrayLike<number>>>, values: HostValues): number {
  const joined = (parts: ArrayLike<number>[]) => parts.flatMap((part) => Array.from(part));
  const names = Object.keys(expected);
  return relativeError(
    joined(names.map((name) => values.get(`d_${name}`) ?? [])),
    joined(names.map((name) => expected[name] as ArrayLike<number>)),
  );
}

type Errors = Pick<CaseReport, 'outputError' | 'worstOutput' | 'gradientError' | 'worstGradient' | 'reason'>;

function compare({ expected, measure }: Prepared, values: HostValues, tolerance: Tolerance): Errors {
  const floor = 1e-3 * Math.max(0, ...Object.values(expected.gradients).map(norm));
  const errorOf = (name: string, reference: ArrayLike<number>, prefix: string): [number, string] => {
    const ours = values.get(prefix + name);
    if (!ours) throw new VisageError(`the op gave no ${prefix}${name}`);
    if (measure !== 'entry' || tolerance.together) return [relativeError(ours, reference, prefix ? floor : 0), name];
    const { error, at } = largestEntryError(ours, reference);
    return [error, `${name}[${at}]`];
  };
  const worst = (wanted: Readonly<Record<string, ArrayLike<number>>>, prefix: string): [number, string] =>
    Object.entries(wanted)
      .map(([name, reference]) => errorOf(name, reference, prefix))
      .reduce((most, each) => (each[0] > most[0] || !most[1] ? each : most), [0, '']);
  const [outputError, worstOutput] = worst(expected.outputs, '');
  const [gradientError, worstGradient] = tolerance.together
    ? [vectorError(expected.gradients, values), 'all']
    : worst(expected.gradients, 'd_');
  const over = (what: string, error: number, limit: number) =>
    error > limit ? `${what}: ${error.toExponential(1)} > ${limit}` : '';
  const reasons = [
    over(`output ${worstOutput}`, outputError, tolerance.output),
    over(`gradient of ${worstGradient}`, gradientError, tolerance.gradient),
  ];
  return { outputError, worstOutput, gradientError, worstGradient, reason: reasons.filter(Boolean).join('; ') };
}
