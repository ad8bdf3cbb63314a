import { type Command, writtenBy } from '../launch/commands.ts';
import type { GpuBuffer } from '../memory/buffer.ts';
import type { Trace } from './trace.ts';

/**
 * Dead code elimination: removes from a traced step the launches whose results are neither read by a later launch nor
 * among the step's `results`. An example is the value of a loss when only its gradient is wanted.
 *
 * A launch that writes to a buffer from outside the step always stays.
 */
export function removeDeadCode(trace: Trace, results: ReadonlySet<GpuBuffer>): void {
  const needed = new Set(results);
  const live: Command[] = [];
  for (const command of [...trace.commands].reverse()) {
    if (writtenBy(command).every((buffer) => trace.virtual.has(buffer) && !needed.has(buffer))) continue;
    for (const { whole } of command.buffers) needed.add(whole);
    live.push(command);
  }
  trace.commands = live.reverse();
}
