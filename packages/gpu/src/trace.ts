import type { GpuBuffer } from './buffer.ts';
import { type Command, writtenBy } from './commands.ts';
import { VisageError } from './errors.ts';
import type { BufferPool } from './pool.ts';

/** Collects the commands of a step without running them. */
export class Trace {
  commands: Command[] = [];
  /** Buffers without memory yet: what the step computes. */
  readonly virtual = new Set<GpuBuffer>();
  /** Buffers with content from the host: the step's constants. */
  readonly uploads = new Set<GpuBuffer>();
  /** How often the step writes to each buffer, up to here. */
  readonly changes = new Map<GpuBuffer, number>();

  add(command: Command): void {
    this.commands.push(command);
    for (const buffer of writtenBy(command)) this.changes.set(buffer, (this.changes.get(buffer) ?? 0) + 1);
  }

  /** Was the buffer made inside the step? */
  owns(buffer: GpuBuffer): boolean {
    return this.virtual.has(buffer) || this.uploads.has(buffer);
  }

  /** The buffers from outside that the step reads or writes. */
  inputs(): GpuBuffer[] {
    const used = new Set(this.commands.flatMap(({ buffers }) => buffers));
    return [...used].filter((buffer) => !this.owns(buffer));
  }

  /**
   * Gives every virtual buffer memory by liveness: a buffer's memory is free again after the last command that reads it.
   *
   * Buffers in `keep` live on to the end of the step. Returns the device buffers taken from the pool.
   */
  plan(pool: BufferPool, keep: ReadonlySet<GpuBuffer>): GPUBuffer[] {
    const lastUse = new Map<GpuBuffer, number>();
    this.commands.forEach((command, at) => {
      for (const buffer of command.buffers) if (this.virtual.has(buffer) && !buffer.resource) lastUse.set(buffer, at);
    });
    const owned = new Set<GPUBuffer>();
    const free = new Map<number, GPUBuffer[]>();
    this.commands.forEach((command, at) => {
      command.buffers.forEach((buffer, binding) => {
        if (!this.virtual.has(buffer) || buffer.resource) return;
        if (!command.pipeline.writes[binding]) {
          for (const taken of owned) pool.give(taken);
          throw new VisageError(`${command.pipeline.name}: reads a tensor that no earlier op of this step wrote`);
        }
        buffer.resource = takeFrom(free, pool, buffer.bytes, owned);
      });
      for (const buffer of new Set(command.buffers)) {
        if (lastUse.get(buffer) !== at || keep.has(buffer)) continue;
        const resource = buffer.resource as GPUBuffer;
        const list = free.get(resource.size);
        if (list) list.push(resource);
        else free.set(resource.size, [resource]);
      }
    });
    return [...owned];
  }
}

function takeFrom(free: Map<number, GPUBuffer[]>, pool: BufferPool, bytes: number, owned: Set<GPUBuffer>): GPUBuffer {
  // The smallest free buffer that fits, if it is not wastefully large.
  const sizes = [...free.keys()].filter((size) => size >= bytes && size <= 2 * bytes + 4096).sort((a, b) => a - b);
  for (const size of sizes) {
    const reused = free.get(size)?.pop();
    if (reused) return reused;
  }
  const fresh = pool.take(bytes);
  owned.add(fresh);
  return fresh;
}
