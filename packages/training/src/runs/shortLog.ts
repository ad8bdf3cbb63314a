/** @file A short form of a training's log, to be kept beside the weights that came of it. */
import { type Chart, reportPage, type Table } from '../report/page.ts';
import { chart, chartsOf, digestOf, type LogDigest, ThinnedSteps } from './curves.ts';
import type { LogLine } from './log.ts';

/**
 * The lines of a log with evenly spaced steps, at most `points` + 2 of each kind of pairs, and everything that is no
 * step. Values have six significant digits.
 */
export function shortLog(lines: Iterable<LogLine>, points: number): LogLine[] {
  const steps = new ThinnedSteps(2 * Math.ceil(points / 2));
  const rest: LogLine[] = [];
  for (const line of lines) line.event === 'step' ? steps.add(line) : rest.push(line);
  // What was measured at a step follows the step's own line, as in the log; settings precede the first.
  const order = (line: LogLine): number => line.step + (line.event === 'step' ? 0 : 0.5);
  return [...steps.items, ...rest].sort((a, b) => order(a) - order(b)).map(rounded);
}

const rounded = (line: LogLine): LogLine => ({
  ...line,
  values: Object.fromEntries(Object.entries(line.values).map(([name, value]) => [name, Number(value.toPrecision(6))])),
});

/** The curves of a log as one HTML page: all that a page of a run shows but its pictures. */
export function logPage(lines: readonly LogLine[], title: string): string {
  const last = lines.filter(({ event }) => event === 'step').at(-1);
  return reportPage({
    title,
    facts: [
      ...lines.flatMap(({ event, note }) => (event === 'settings' && note ? [['settings', note] as const] : [])),
      ...(last ? [['steps', String(last.step)] as const] : []),
    ],
    tables: tablesOf(lines),
    pictures: [],
    timeline: [],
    besideTimeline: [],
    charts: curvesOf(digestOf(lines)),
  });
}

/** The charts of a swapper's training, or one for each value of the steps of another. */
function curvesOf(digest: LogDigest): Chart[] {
  const known = chartsOf(digest).filter(({ curves }) =>
    Object.values(curves)
      .flat()
      .some((value) => value !== null),
  );
  if (known.length > 0) return known;
  const names = [...new Set(digest.steps.flatMap(({ values }) => Object.keys(values)))];
  return names.map((name) => chart(name, digest.steps, [name]));
}

/** A table for each event that has figures of people: a row for each line. */
function tablesOf(lines: readonly LogLine[]): Table[] {
  return (['measure', 'report', 'photos'] as const).flatMap((kind) => {
    const found = lines.filter(({ event }) => event === kind);
    const names = [...new Set(found.flatMap(({ values }) => Object.keys(values)))];
    const rows = found.map(({ step, values, note = '' }) => [
      String(step),
      note,
      ...names.map((name) => values[name]?.toPrecision(4) ?? ''),
    ]);
    return rows.length > 0 ? [{ title: kind, rows: [['step', 'of', ...names], ...rows] }] : [];
  });
}
