import { type Command, writtenBy } from '../launch/commands.ts';
import type { GpuBuffer } from '../memory/buffer.ts';
import type { Trace } from './trace.ts';

/**
 * Takes out of a traced step what nobody reads: launches that write nothing but buffers of the step which neither a later launch reads nor the caller gets, such as
 * the value of a loss whose gradient alone is wanted.
 */
export function dropUnused(trace: Trace, keep: ReadonlySet<GpuBuffer>): void {
  const needed = new Set(keep);
  const kept: Command[] = [];
  for (const command of [...trace.commands].reverse()) {
    if (writtenBy(command).every((buffer) => trace.virtual.has(buffer) && !needed.has(buffer))) continue;
    for (const { whole } of command.buffers) needed.add(whole);
    kept.push(command);
  }
  trace.commands = kept.reverse();
}
