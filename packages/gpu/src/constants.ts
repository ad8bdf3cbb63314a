import type { GpuBuffer } from './buffer.ts';
import { type Command, readBy, writtenBy } from './commands.ts';
import type { BufferPool } from './pool.ts';
import type { Trace } from './trace.ts';

/** What of a step need not be computed at every run. */
export interface StepConstants {
  /** To be run once, and again when a steady buffer has changed. */
  readonly commands: readonly Command[];
  /** The steady buffers that they read. */
  readonly sources: readonly GpuBuffer[];
  /** Memory of the results. */
  readonly owned: readonly GPUBuffer[];
}

/**
 * Takes out of a traced step what depends on nothing but constants of the step and steady buffers: fills, and the other forms that kernels want of a frozen
 * weight (transposed, in f16, transformed). Equal results share their memory.
 *
 * What the step writes more than once stays in it, and so do tensors in `keep`: whoever holds them may overwrite them.
 */
export function takeConstants(trace: Trace, pool: BufferPool, keep: ReadonlySet<GpuBuffer>): StepConstants {
  const writers = new Map<GpuBuffer, number>();
  for (const command of trace.commands)
    for (const buffer of writtenBy(command)) writers.set(buffer, (writers.get(buffer) ?? 0) + 1);

  /** Constant buffers, and the one among equals that has the memory. */
  const constants = new Map<GpuBuffer, GpuBuffer>();
  const isConstant = (buffer: GpuBuffer) =>
    constants.has(buffer) || (!writers.has(buffer) && (buffer.steady || trace.uploads.has(buffer)));
  const known = new Map<string, Command>();
  const commands: Command[] = [];
  const owned: GPUBuffer[] = [];
  trace.commands = trace.commands.filter((command) => {
    const [written, read] = [writtenBy(command), readBy(command)];
    const own = (buffer: GpuBuffer) => trace.virtual.has(buffer) && writers.get(buffer) === 1 && !keep.has(buffer);
    if (!written.every(own) || !read.every(isConstant)) return true;
    const ids = read.map((buffer) => (constants.get(buffer) ?? buffer).id);
    const key = [command.pipeline.id, ...command.grid, ...written.map(({ bytes }) => bytes), 'of', ...ids].join(' ');
    const twin = known.get(key);
    for (const [k, buffer] of written.entries()) {
      const original = twin && (writtenBy(twin)[k] as GpuBuffer);
      buffer.resource = original?.resource ?? pool.take(buffer.bytes);
      if (!original) owned.push(buffer.resource as GPUBuffer);
      constants.set(buffer, original ?? buffer);
    }
    if (!twin) {
      known.set(key, command);
      commands.push(command);
    }
    return false;
  });
  const sources = new Set(commands.flatMap(readBy).filter(({ steady }) => steady));
  return { commands, sources: [...sources], owned };
}
