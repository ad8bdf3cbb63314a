import { inPrecision, type Precision } from '@visage/simswap';
import { record } from '@visage/tensor';
import { preparerOf } from './cases/registry.ts';
import { compare, type Errors } from './compare/compare.ts';
import { type HostValues, readBack, runEagerly } from './compare/eager.ts';
import { sameBits } from './compare/measure.ts';
import { CaseTensors, type GoldenCase, type GoldenFile } from './golden/golden.ts';
import type { Prepared } from './golden/prepared.ts';
import { type Tolerance, toleranceOf } from './golden/tolerance.ts';

/** The result of one case. */
export interface CaseReport extends Errors {
  readonly case: string;
  readonly op: string;
  readonly status: 'pass' | 'fail' | 'unsupported';
  readonly tolerance: Tolerance;
  readonly milliseconds: number;
}

/** How to run the cases of a file. */
export interface RunOptions {
  /** Runs only cases whose name contains this text. */
  readonly only?: string;
  /** Whether to record each case too, and compare its replay with the eager run bit by bit. Default true. */
  readonly replay?: boolean;
  /** Default `f32`. With `mixed` the cases run under autocast, with activations in f16. */
  readonly precision?: Precision;
  /** Awaited after every run of a case, when its memory has been freed. */
  readonly rest?: () => Promise<void>;
}

/** Runs the cases of a golden file one after another on the current device, and yields a report for each. */
export async function* runGoldenFile(file: GoldenFile, options: RunOptions = {}): AsyncGenerator<CaseReport> {
  for (const golden of file.cases) {
    if (options.only && !golden.name.includes(options.only)) continue;
    yield await runCase(golden, file, options);
  }
}

async function runCase(
  golden: GoldenCase,
  file: GoldenFile,
  { replay = true, precision = 'f32', rest }: RunOptions,
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
  const finish = (status: CaseReport['status'], reason: string, rest: Partial<Errors> = {}): CaseReport => ({
    ...blank,
    ...rest,
    status,
    reason,
    milliseconds: performance.now() - start,
  });
  const prepare = preparerOf(golden.op);
  if (!prepare) return finish('unsupported', `op "${golden.op}" is not in the registry`);
  let prepared: Prepared | undefined;
  try {
    prepared = prepare(golden, new CaseTensors(golden, file.tensors));
    const run = await runEagerly(prepared, precision, { ...blank.tolerance, rest });
    const errors = compare(prepared, run, blank.tolerance);
    if (errors.reason) return finish('fail', errors.reason, errors);
    const different = replay ? await replayDifference(prepared, precision, run.values) : '';
    return finish(different ? 'fail' : 'pass', different, errors);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return finish('fail', error.message, {
      outputError: Number.POSITIVE_INFINITY,
      gradientError: Number.POSITIVE_INFINITY,
    });
  } finally {
    for (const x of prepared?.inputs ?? []) x.dispose();
    await rest?.();
  }
}

/**
 * Replays the case as a recorded step. Returns a message that names a result that differs from the eager run, or an
 * empty string.
 */
async function replayDifference(prepared: Prepared, precision: Precision, eager: HostValues): Promise<string> {
  const step = record(() => inPrecision(precision, prepared.compute));
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
