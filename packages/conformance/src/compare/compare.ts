import { VisageError } from '@visage/gpu';
import type { Prepared } from '../golden/prepared.ts';
import type { EntryLimits, Tolerance } from '../golden/tolerance.ts';
import type { EagerRun } from './eager.ts';
import { columnErrors, entryErrors, farthestEntry, norm, relativeError } from './measure.ts';

type Values = Readonly<Record<string, ArrayLike<number>>>;

/** The errors of a case's results. */
export interface Errors {
  /** The error of the output that is largest relative to its limit; `worstOutput` names that output. */
  readonly outputError: number;
  readonly worstOutput: string;
  readonly gradientError: number;
  readonly worstGradient: string;
  /**
   * For networks and trainings in mixed precision, the error against the file: that of all gradients as one vector, or
   * that of a training's log without the columns that have limits of their own.
   */
  readonly fileError?: number;
  /** Why the case failed; empty when it passed. */
  readonly reason: string;
}

/** Largest finite number of f16. */
const LARGEST_HALF = 65504;

/**
 * Clamps values to the range of f16. f16 stores values outside it as infinities, which become its largest finite number
 * here.
 */
const withinHalf = (x: ArrayLike<number>): number[] =>
  Array.from(x, (value) => Math.max(-LARGEST_HALF, Math.min(LARGEST_HALF, value)));

/** The relative error of several tensors as one vector. */
function vectorError(names: readonly string[], valuesOf: Lookup, expectedOf: Lookup): number {
  const joined = (lookup: Lookup) => names.flatMap((name) => Array.from(lookup(name) ?? []));
  return relativeError(joined(valuesOf), joined(expectedOf));
}

type Lookup = (name: string) => ArrayLike<number> | undefined;

function fileErrorOf({ expected, columns = [] }: Prepared, run: EagerRun, tolerance: Tolerance): number | undefined {
  const { values, sameActivations, apart } = run;
  const { gradients, outputs } = expected;
  if (sameActivations)
    return vectorError(
      Object.keys(gradients),
      (name) => values.get(`d_${name}`),
      (name) => gradients[name],
    );
  // Columns with a limit of their own have larger errors, which would hide those of the others.
  const isOfWhole = (_: number, k: number) =>
    !Object.hasOwn(tolerance.columns ?? {}, columns[k % columns.length] ?? '');
  const whole = (log: ArrayLike<number> = []) => Array.from(log).filter(isOfWhole);
  if (apart)
    return vectorError(
      Object.keys(outputs),
      (name) => whole(values.get(name)),
      (name) => whole(outputs[name]),
    );
}

interface Found {
  readonly error: number;
  readonly where: string;
  readonly limit: number;
}

/** Measures the errors of one result tensor, each with its place in the tensor and its limit. */
type Measure = (name: string, ours: ArrayLike<number>, expected: ArrayLike<number>) => readonly Found[];

function measureOutput({ columns = [] }: Prepared, tolerance: Tolerance): Measure {
  const { output: limit, half, file } = tolerance;
  const seen = half ? withinHalf : (x: ArrayLike<number>) => x;
  return (name, ours, expected) => {
    if (!isLog(name, columns)) return [{ error: relativeError(seen(ours), seen(expected)), where: name, limit }];
    if (file === undefined) return measureLog(name, ours, expected, columns, tolerance);
    // In mixed precision the relative error of a single loss near zero is meaningless, so each column is compared as a
    // whole.
    return columnErrors(ours, expected, columns.length).map((error, at) => {
      const column = columns[at] as string;
      return { error, where: `${name}.${column}`, limit: tolerance.columns?.[column] ?? limit };
    });
  };
}

const isLog = (name: string, columns: readonly string[]): boolean => columns.length > 0 && name.startsWith('log');

/** The errors of the entries of a log, each with the limit of its column or of its row. */
function measureLog(
  name: string,
  ours: ArrayLike<number>,
  expected: ArrayLike<number>,
  columns: readonly string[],
  { output, absolute, course }: Tolerance,
): readonly Found[] {
  return entryErrors(ours, expected, columns.length).map(({ difference, relative }, k) => {
    const [row, column] = [Math.floor(k / columns.length), columns[k % columns.length] as string];
    const where = `${name}[${row}].${column}`;
    if (row > 0 && course !== undefined) return { error: relative, where, limit: course };
    const most = absolute?.[column];
    return most === undefined ? { error: relative, where, limit: output } : { error: difference, where, limit: most };
  });
}

/**
 * Compares entries with the limits that a file states for its results. There the names of results begin with `prefix`.
 */
function measureEntries({ limits, ...how }: EntryLimits, prefix: string): Measure {
  return (where, ours, expected) => {
    const limit = limits[prefix + where];
    if (!limit) throw new VisageError(`the file states no limit for ${prefix}${where}`);
    return [{ error: farthestEntry(ours, expected, how), where, limit }];
  };
}

/** The error that is largest relative to its limit. */
function worst(expected: Values, ours: Lookup, measure: Measure): Found {
  const found = Object.entries(expected).flatMap(([name, reference]) => {
    const values = ours(name);
    if (!values) throw new VisageError(`the op gave no ${name}`);
    return measure(name, values, reference);
  });
  const share = ({ error, limit }: Found) => error / limit;
  return found.reduce((most, each) => (share(each) > share(most) || !most.where ? each : most), {
    error: 0,
    where: '',
    limit: 1,
  });
}

const over = (what: string, error: number, limit: number): string =>
  error > limit ? `${what}: ${error.toExponential(1)} > ${limit}` : '';

/**
 * Computes the errors of a case's results and decides which of them exceed their limits.
 *
 * @throws VisageError when a result is missing, or when the file lacks the limit of a result.
 */
export function compare(prepared: Prepared, run: EagerRun, tolerance: Tolerance): Errors {
  const { values, sameActivations, apart = values } = run;
  const { outputs, gradients } = prepared.expected;
  const expected = Object.keys(gradients).map((name) => [name, sameActivations?.get(`d_${name}`) ?? gradients[name]]);
  const reference: Values = Object.fromEntries(expected);
  const floor = tolerance.floor * Math.max(0, ...Object.values(reference).map(norm));
  const { entries } = tolerance;
  const measureGradient: Measure = entries
    ? measureEntries(entries, 'd_')
    : (where, x, y) => [{ error: relativeError(x, y, floor), where, limit: tolerance.gradient }];
  const measured = entries ? measureEntries(entries, '') : measureOutput(prepared, tolerance);
  const output = worst(outputs, (name) => apart.get(name), measured);
  const gradient = worst(reference, (name) => values.get(`d_${name}`), measureGradient);
  const fileError = fileErrorOf(prepared, run, tolerance);
  const reasons = [
    over(`output ${output.where}`, output.error, output.limit),
    over(`gradient of ${gradient.where}`, gradient.error, gradient.limit),
    over('the whole against the file', fileError ?? 0, tolerance.file ?? 0),
  ];
  return {
    outputError: output.error,
    worstOutput: output.where,
    gradientError: gradient.error,
    worstGradient: gradient.where,
    fileError,
    reason: reasons.filter(Boolean).join('; '),
  };
}
