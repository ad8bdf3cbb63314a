import { type Command, readBy, writtenBy } from '../launch/commands.ts';
import type { GpuBuffer } from '../memory/buffer.ts';
import type { Trace } from './trace.ts';

/**
 * Common subexpression elimination: removes from a traced step the launches that compute what an earlier launch has
 * computed, and lets later launches read the earlier result. A network that runs several times in a step, for example,
 * needs its weights transposed or in f16 each time.
 *
 * Two launches are the same if they run the same kernel on the same bytes and nothing was written to those in between.
 * Only launches count that read a single buffer, which comes from outside the step or is the result of such a launch.
 * Activations depend on several buffers, and to compute them again may be intended: gradient checkpointing trades time
 * for memory.
 *
 * @param results the buffers that the step returns; they stay distinct.
 */
export function shareCommonSubexpressions(trace: Trace, results: ReadonlySet<GpuBuffer>): void {
  const writers = new Map<GpuBuffer, number>();
  for (const command of trace.commands)
    for (const buffer of writtenBy(command)) writers.set(buffer, (writers.get(buffer) ?? 0) + 1);
  const isSharable = (buffer: GpuBuffer) =>
    trace.virtual.has(buffer) && writers.get(buffer) === 1 && !results.has(buffer);

  const replacements = new Map<GpuBuffer, GpuBuffer>();
  const replaced = (buffer: GpuBuffer): GpuBuffer => {
    const earlier = replacements.get(buffer.whole);
    if (!earlier) return buffer;
    return buffer === buffer.whole ? earlier : earlier.part(buffer.offset, buffer.bytes);
  };
  const unary = new Set<GpuBuffer>(); // results of launches that read a single buffer
  const writes = new Map<GpuBuffer, number>(); // how often each buffer was written to, up to the launch at hand
  const available = new Map<string, readonly GpuBuffer[]>(); // results by what computes them
  const remaining: Command[] = [];
  for (const original of trace.commands) {
    const affected = original.buffers.some(({ whole }) => replacements.has(whole));
    const command = affected ? { ...original, buffers: original.buffers.map(replaced) } : original;
    const [written, read] = [writtenBy(command), readBy(command)];
    const [source] = read;
    const isUnary = source && read.length === 1 && (!trace.owns(source) || unary.has(source.whole));
    if (isUnary && written.every(isSharable)) {
      const { pipeline, grid } = command;
      const sizes = written.map(({ bytes }) => bytes);
      const { whole, offset, bytes } = source;
      const key = [pipeline.id, ...grid, ...sizes, 'of', whole.id, offset, bytes, writes.get(whole) ?? 0].join(' ');
      const earlier = available.get(key);
      if (earlier) {
        for (const [k, buffer] of written.entries()) replacements.set(buffer, earlier[k] as GpuBuffer);
        continue;
      }
      available.set(key, written);
      for (const buffer of written) unary.add(buffer);
    }
    for (const buffer of written) writes.set(buffer, (writes.get(buffer) ?? 0) + 1);
    remaining.push(command);
  }
  trace.commands = remaining;
}
