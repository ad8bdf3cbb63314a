import type { GpuBuffer } from './buffer.ts';
import { type Command, writtenBy } from './commands.ts';
import { VisageError } from './errors.ts';
import type { Lifetime } from './placement.ts';

/** Collects the commands of a step without running them. */
export class Trace {
  commands: Command[] = [];
  /** Buffers without memory yet: what the step computes. */
  readonly virtual = new Set<GpuBuffer>();
  /** Buffers with content from the host: the step's constants. */
  readonly uploads = new Set<GpuBuffer>();
  /** How often the step writes to each buffer, or to a part of it, up to here. */
  readonly changes = new Map<GpuBuffer, number>();

  add(command: Command): void {
    this.commands.push(command);
    for (const buffer of writtenBy(command)) this.changes.set(buffer, (this.changes.get(buffer) ?? 0) + 1);
  }

  /** Was the buffer made inside the step? */
  owns(buffer: GpuBuffer): boolean {
    return this.virtual.has(buffer.whole) || this.uploads.has(buffer.whole);
  }

  /** The buffers from outside that the step reads or writes. */
  inputs(): GpuBuffer[] {
    const used = new Set(this.commands.flatMap(({ buffers }) => buffers));
    return [...used].filter((buffer) => !this.owns(buffer));
  }

  /**
   * When the virtual buffers without memory are in use, and beside what; parts count for their wholes.
   *
   * @throws VisageError when a command reads what no earlier one wrote.
   */
  lifetimes(): Map<GpuBuffer, Lifetime> {
    const lifetimes = new Map<GpuBuffer, { first: number; last: number; apart: Set<GpuBuffer> }>();
    this.commands.forEach((command, at) => {
      const { buffers, pipeline } = command;
      buffers.forEach(({ whole: buffer }, binding) => {
        if (!this.virtual.has(buffer) || buffer.resource) return;
        const known = lifetimes.get(buffer);
        if (known) known.last = at;
        else if (pipeline.writes[binding]) lifetimes.set(buffer, { first: at, last: at, apart: new Set() });
        else throw new VisageError(`${pipeline.name}: reads a tensor that no earlier op of this step wrote`);
      });
      for (const written of writtenBy(command)) {
        for (const { whole: other } of buffers) {
          lifetimes.get(written)?.apart.add(other);
          lifetimes.get(other)?.apart.add(written);
        }
      }
    });
    return lifetimes;
  }
}
