import type { Command } from '../launch/commands.ts';
import type { GpuBuffer } from '../memory/buffer.ts';

/** The use of some bytes of a buffer by a launch. */
interface Use {
  readonly launch: number;
  /** Is it one of several launches that fill the buffer? */
  readonly fills: boolean;
  readonly begin: number;
  readonly end: number;
}

/**
 * For each launch, in order, the numbers of the earlier ones that must stay before it: those that write bytes which it
 * uses, and those that use bytes which it writes. Launches that fill a buffer together may change places.
 */
export function dependenciesOf(commands: readonly Command[]): readonly ReadonlySet<number>[] {
  const reads = new Map<GpuBuffer, Use[]>();
  const writes = new Map<GpuBuffer, Use[]>();
  return commands.map((command, launch) => {
    const { buffers, pipeline } = command;
    const before = new Set<number>();
    const fills = (at: number) => command.fills === true && at === 0;
    for (const [at, { whole, offset, bytes }] of buffers.entries()) {
      const end = offset + bytes;
      const meet = (uses: readonly Use[] = []): void => {
        for (const use of uses)
          if (use.begin < end && offset < use.end && !(use.fills && fills(at))) before.add(use.launch);
      };
      meet(writes.get(whole));
      if (pipeline.writes[at]) meet(reads.get(whole));
    }
    for (const [at, { whole, offset, bytes }] of buffers.entries()) {
      const uses = pipeline.writes[at] ? writes : reads;
      const list = uses.get(whole) ?? [];
      uses.set(whole, list);
      list.push({ launch, fills: fills(at), begin: offset, end: offset + bytes });
    }
    return before;
  });
}

/** For each launch the number of launches of the longest chain that begins with it: each depends on the one before. */
export function chainsFrom(dependencies: readonly ReadonlySet<number>[]): readonly number[] {
  const lengths = dependencies.map(() => 1);
  for (let launch = lengths.length - 1; launch >= 0; launch--)
    for (const before of dependencies[launch] as ReadonlySet<number>)
      lengths[before] = Math.max(lengths[before] as number, (lengths[launch] as number) + 1);
  return lengths;
}
