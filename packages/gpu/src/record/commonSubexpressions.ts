import { type Command, readBy, writtenBy } from '../launch/commands.ts';
import type { GpuBuffer } from '../memory/buffer.ts';
import type { Trace } from './trace.ts';

/**
 * Takes out of a traced step what it would compute again: the same launch on the same buffer from outside, or on another such result, with nothing written
 * into it in between. A network that runs several times in a step wants its weights transposed, or in f16, at each.
 *
 * Only launches that read one buffer count. Activations depend on several, and computing those again may be meant: gradient checkpointing trades time for memory.
 */
export function dropRepeats(trace: Trace, keep: ReadonlySet<GpuBuffer>): void {
  const writers = new Map<GpuBuffer, number>();
  for (const command of trace.commands)
    for (const buffer of writtenBy(command)) writers.set(buffer, (writers.get(buffer) ?? 0) + 1);
  const own = (buffer: GpuBuffer) => trace.virtual.has(buffer) && writers.get(buffer) === 1 && !keep.has(buffer);

  const instead = new Map<GpuBuffer, GpuBuffer>();
  const replaced = (buffer: GpuBuffer): GpuBuffer => {
    const twin = instead.get(buffer.whole);
    if (!twin) return buffer;
    return buffer === buffer.whole ? twin : twin.part(buffer.offset, buffer.bytes);
  };
  const forms = new Set<GpuBuffer>(); // results of such launches
  const writes = new Map<GpuBuffer, number>(); // so far
  const known = new Map<string, readonly GpuBuffer[]>();
  const kept: Command[] = [];
  for (const original of trace.commands) {
    const moved = original.buffers.some(({ whole }) => instead.has(whole));
    const command = moved ? { ...original, buffers: original.buffers.map(replaced) } : original;
    const [written, read] = [writtenBy(command), readBy(command)];
    const [source] = read;
    const alone = source && read.length === 1 && (!trace.owns(source) || forms.has(source.whole));
    if (alone && written.every(own)) {
      const { pipeline, grid } = command;
      const sizes = written.map(({ bytes }) => bytes);
      const { whole, offset, bytes } = source;
      const key = [pipeline.id, ...grid, ...sizes, 'of', whole.id, offset, bytes, writes.get(whole) ?? 0].join(' ');
      const twin = known.get(key);
      if (twin) {
        for (const [k, buffer] of written.entries()) instead.set(buffer, twin[k] as GpuBuffer);
        continue;
      }
      known.set(key, written);
      for (const buffer of written) forms.add(buffer);
    }
    for (const buffer of written) writes.set(buffer, (writes.get(buffer) ?? 0) + 1);
    kept.push(command);
  }
  trace.commands = kept;
}
