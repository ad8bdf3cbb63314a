/**
 * @file Selects the points of a log that a report shows. Their number per curve is limited while the log is read, so
 * memory does not depend on the length of the log.
 */
import type { PairKind } from '@visage/simswap';
import type { Chart } from '../report/page.ts';
import type { LogLine } from './log.ts';

const MOST_POINTS = 2000; // per curve
const MOST_WARNINGS = 20;

/**
 * Keeps at most `most` evenly spaced items of a stream of unknown length, and the last item. It keeps every n-th item,
 * and doubles n whenever `most` is reached.
 */
export class Thinned<T> {
  readonly #most: number;
  #kept: T[] = [];
  #stride = 1;
  #seen = 0;
  #last: T | undefined;

  /** @param most an even number. */
  constructor(most: number) {
    this.#most = most;
  }

  add(item: T): void {
    if (this.#kept.length === this.#most && this.#isDue) {
      this.#kept = this.#kept.filter((_, k) => k % 2 === 0);
      this.#stride *= 2;
    }
    this.#last = this.#isDue ? undefined : item;
    if (this.#isDue) this.#kept.push(item);
    this.#seen += 1;
  }

  /** Whether the next item is one of every n-th. */
  get #isDue(): boolean {
    return this.#seen % this.#stride === 0;
  }

  get items(): T[] {
    return this.#last === undefined ? [...this.#kept] : [...this.#kept, this.#last];
  }
}

/**
 * Evenly spaced lines of steps, thinned separately for each kind of pairs: if the kinds alternate, keeping every second
 * line would keep only one of them.
 */
export class ThinnedSteps {
  readonly #most: number;
  readonly #kinds = new Map<string, Thinned<LogLine>>();

  /** @param most lines of each kind, an even number. */
  constructor(most: number) {
    this.#most = most;
  }

  add(line: LogLine): void {
    const kind = line.note ?? '';
    const ofKind = this.#kinds.get(kind) ?? new Thinned<LogLine>(this.#most);
    this.#kinds.set(kind, ofKind);
    ofKind.add(line);
  }

  /** In ascending order of steps. */
  get items(): LogLine[] {
    return [...this.#kinds.values()].flatMap(({ items }) => items).sort((a, b) => a.step - b.step);
  }
}

/** The part of a log that a report shows. */
export interface LogDigest {
  /** As {@link ThinnedSteps} has them. */
  readonly steps: readonly LogLine[];
  readonly measured: readonly LogLine[];
  readonly photos: readonly LogLine[];
  /** The latest alarms and warnings; `warningCount` is the number of all of them. */
  readonly warnings: readonly LogLine[];
  readonly warningCount: number;
  readonly stepsPerSecond: number;
}

/** Selects the lines for a report in one pass over a log. */
export function digestOf(lines: Iterable<LogLine>): LogDigest {
  const steps = new ThinnedSteps(MOST_POINTS / 2);
  const [measured, photos] = [new Thinned<LogLine>(MOST_POINTS), new Thinned<LogLine>(MOST_POINTS)];
  const warnings: LogLine[] = [];
  let [warningCount, stepsPerSecond] = [0, 0];
  for (const line of lines) {
    if (line.event === 'measure') measured.add(line);
    else if (line.event === 'photos') photos.add(line);
    else if (line.event === 'step') {
      steps.add(line);
      stepsPerSecond = line.values.stepsPerSecond ?? 0;
    } else if (line.event === 'alarm' || line.event === 'warning') {
      warningCount += 1;
      warnings.push(line);
      if (warnings.length > MOST_WARNINGS) warnings.shift();
    }
  }
  return { steps: steps.items, measured: measured.items, photos: photos.items, warnings, warningCount, stepsPerSecond };
}

/** The charts of a run. */
export function chartsOf({ steps, measured, photos }: LogDigest): Chart[] {
  const all = [
    byKind('identity loss', 'identity', steps),
    byKind('reconstruction loss', 'reconstruction', steps),
    chart('feature matching', steps, ['featureMatching']),
    chart('the two players', steps, ['adversarial', 'real', 'fake']),
    chart('gradient penalty', steps, ['gradientPenalty']),
    chart('inner face against the exact truth, dB, tuning people', measured, ['psnr']),
    chart('recognised as the source, and leak, tuning people', measured, ['top1', 'leak']),
    chart('recognised as the source, and leak, held-out photographs', photos, ['top1', 'leak']),
    chart('swaps of a person with themselves, mean absolute error', photos, ['l1']),
  ];
  return all.filter(({ steps: x }) => x.length > 0);
}

/** The chart of some values, a curve for each. */
export function chart(title: string, points: readonly LogLine[], names: readonly string[]): Chart {
  const curve = (name: string) => points.map((line) => line.values[name] ?? null);
  return {
    title,
    steps: points.map((line) => line.step),
    curves: Object.fromEntries(names.map((name) => [name, curve(name)])),
  };
}

const PAIRS: Readonly<Record<PairKind, string>> = {
  same: 'one person',
  cross: 'two people',
  shuffled: 'shuffled people',
  truth: 'two people, exact swap known',
};

/**
 * The chart of one loss, with a curve for each kind of pairs that the steps have, because the loss means something
 * different for each.
 */
function byKind(title: string, name: string, points: readonly LogLine[]): Chart {
  const curve = (kind: string) => points.map((line) => (line.note === kind ? (line.values[name] ?? null) : null));
  const kinds = (Object.keys(PAIRS) as PairKind[]).filter((kind) => points.some(({ note }) => note === kind));
  return {
    title,
    steps: points.map(({ step }) => step),
    curves: Object.fromEntries(kinds.map((kind) => [PAIRS[kind], curve(kind)])),
  };
}
