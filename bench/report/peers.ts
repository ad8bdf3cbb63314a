import type { Table } from '@visage/training';
import type { ContestEntry, ContestResult, PeerReport } from '../peers/contest.ts';
import { arithmeticRate, significant } from './format.ts';

/** One line for each contest, and one for each batch with all its passes together where every engine has them. */
export function peerTable({ contests, devices }: PeerReport): Table {
  const names = contests[0]?.entries.map(({ name }) => name) ?? [];
  const lines = groupsOf(contests).flatMap((group) => (group.length > 1 ? [...group, together(group)] : group));
  const body = lines.map(({ what, pass, batch, entries }) => [
    what,
    String(batch),
    pass,
    ...entries.map(({ ms, gflops }) =>
      ms === undefined ? '–' : `${significant(ms)} ms${gflops ? `, ${arithmeticRate(gflops)}` : ''}`,
    ),
    shareOfBest(entries),
  ]);
  const head = ['work', 'batch', 'pass', ...names, "Visage's time over the better peer's"];
  const notes = [...disagreements(contests), ...limitsOf(devices), ...failures(contests)];
  return { title: 'Visage beside its peers, f32', rows: [head, ...body], note: notes.join(' ') };
}

interface Line {
  readonly what: string;
  readonly batch: number;
  readonly pass: string;
  readonly entries: readonly Pick<ContestEntry, 'name' | 'ms' | 'gflops'>[];
}

/** Contests of the same work at the same batch, in their order. */
function groupsOf(contests: readonly ContestResult[]): Line[][] {
  const groups = new Map<string, Line[]>();
  for (const each of contests) {
    const key = `${each.what} ${each.batch}`;
    groups.set(key, [...(groups.get(key) ?? []), each]);
  }
  return [...groups.values()];
}

function together(group: readonly Line[]): Line {
  const [first] = group as [Line];
  const entries = first.entries.map(({ name }, k) => {
    const times = group.map(({ entries: all }) => all[k]?.ms);
    return { name, ms: times.reduce((sum, ms) => (sum === undefined || ms === undefined ? undefined : sum + ms), 0) };
  });
  return { what: first.what, batch: first.batch, pass: group.map(({ pass }) => pass).join(' + '), entries };
}

/** Visage's entry comes first. */
function shareOfBest([ours, ...others]: Line['entries']): string {
  const times = others.flatMap(({ ms }) => (ms === undefined ? [] : [ms]));
  return ours?.ms === undefined || times.length === 0 ? '–' : significant(ours.ms / Math.min(...times));
}

function disagreements(contests: readonly ContestResult[]): string[] {
  const errors = contests.flatMap(({ entries }) => entries.flatMap(({ ms, error }) => (ms ? [error ?? 0] : [])));
  const most = Math.max(0, ...errors);
  return [`The peers' results differ from Visage's by ${most.toExponential(1)} of their root mean square at most.`];
}

function limitsOf(devices: PeerReport['devices']): string[] {
  return Object.entries(devices).map(([name, { maxBufferSize, maxStorageBufferBindingSize }]) => {
    const [buffer, binding] = [maxBufferSize, maxStorageBufferBindingSize].map((bytes) => significant(bytes / 2 ** 30));
    return `${name} had buffers of up to ${buffer} GiB, bindings of ${binding} GiB.`;
  });
}

/** The contests without a time, and why; those that failed for the same reason are listed together. */
function failures(contests: readonly ContestResult[]): string[] {
  const reasons = new Map<string, string[]>();
  for (const { what, pass, batch, entries } of contests)
    for (const { name, failure } of entries) {
      if (failure === undefined) continue;
      const key = `${name}: ${failure}`;
      reasons.set(key, [...(reasons.get(key) ?? []), `${what}, batch ${batch}, ${pass}`]);
    }
  return [...reasons].map(([reason, where]) => `${reason} (${where.join('; ')}).`);
}
