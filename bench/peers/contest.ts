/** @file The same work for every engine, on one adapter in one run. Results are compared before times. */
import { checkHealth } from '../core/health.ts';
import type { Engine } from './engine.ts';
import { type Measured, measure, type Pace } from './measure.ts';
import type { PeerDevice } from './messages.ts';
import type { Work } from './work.ts';

/** How one engine did. */
export interface ContestEntry {
  readonly name: string;
  /** Median milliseconds on the wall clock. */
  readonly ms?: number;
  readonly gflops?: number;
  /** Largest difference from Visage's results, as a share of their root mean square. */
  readonly error?: number;
  /** Why there is no time. */
  readonly failure?: string;
}

/** One contest and how it ended; the first entry is Visage's. */
export interface ContestResult extends Pick<Work, 'what' | 'pass' | 'batch'> {
  readonly entries: readonly ContestEntry[];
}

/** What the benchmark of the peers found. */
export interface PeerReport {
  /** What each peer computed on, as it said itself. */
  readonly devices: Readonly<Record<string, PeerDevice>>;
  readonly contests: readonly ContestResult[];
}

/** Who takes part, wherever it runs. */
export interface Competitor {
  readonly name: string;
  /** Does the contest of this number. */
  attempt(number: number): Promise<Measured>;
}

/** An engine of this process as a competitor. */
export function competitor(name: string, engine: Engine, contests: readonly Work[], pace: Pace): Competitor {
  return {
    name,
    async attempt(number) {
      const task = (contests[number] as Work).prepare(engine);
      const measured = await measure(task, pace);
      task.dispose();
      return measured;
    },
  };
}

const WRONG = 0.02; // f32 engines differ by the order of their sums; more than this is another function

/**
 * Lets every engine do the same work. The first is Visage, and the results of the others are compared with its results.
 * If another engine fails, its entry holds the failure. `onContest` is called after each contest with all that have
 * ended.
 *
 * @throws whatever Visage throws: without its results there is nothing to compare with.
 */
export async function contest(
  competitors: readonly Competitor[],
  contests: readonly Work[],
  onEntry: (work: Work, entry: ContestEntry) => void,
  onContest?: (ended: readonly ContestResult[]) => Promise<void>,
): Promise<ContestResult[]> {
  const ended: ContestResult[] = [];
  for (const [number, work] of contests.entries()) {
    const { what, pass, batch } = work;
    const entries: ContestEntry[] = [];
    let reference: readonly Float32Array[] | undefined;
    for (const each of competitors) {
      const { entry, results } = await entryOf(each, number, work.flops, reference);
      reference ??= results;
      entries.push(entry);
      onEntry(work, entry);
    }
    ended.push({ what, pass, batch, entries });
    await onContest?.(ended);
  }
  return ended;
}

async function entryOf(
  each: Competitor,
  number: number,
  flops: number,
  reference: readonly Float32Array[] | undefined,
): Promise<{ entry: ContestEntry; results?: readonly Float32Array[] }> {
  const { name } = each;
  try {
    const { ms, results, complaint } = await each.attempt(number);
    const gflops = flops / ms / 1e6;
    const health = Object.fromEntries(results.map((values, k) => [`result ${k}`, rootMeanSquare(values)]));
    if (!reference) {
      checkHealth(name, health);
      return { entry: { name, ms, gflops }, results };
    }
    const error = Math.max(...results.map((values, k) => difference(values, reference[k])));
    if (error < WRONG && results.length === reference.length) return { entry: { name, ms, gflops, error } };
    if (complaint) return { entry: { name, failure: brief(complaint) } };
    checkHealth(name, health);
    return { entry: { name, error: Number.isFinite(error) ? error : undefined, failure: 'computes something else' } };
  } catch (cause) {
    if (reference === undefined) throw cause;
    return { entry: { name, failure: brief(cause instanceof Error ? cause.message : String(cause)) } };
  }
}

const brief = (message: string): string => message.replaceAll(/\s+/g, ' ').slice(0, 200);

const rootMeanSquare = (values: Float32Array): number =>
  Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);

function difference(values: Float32Array, expected: Float32Array | undefined): number {
  if (values.length !== expected?.length) return Number.POSITIVE_INFINITY;
  const worst = values.reduce((most, value, k) => Math.max(most, Math.abs(value - (expected[k] as number))), 0);
  return worst / rootMeanSquare(expected);
}
