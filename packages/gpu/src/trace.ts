import type { GpuBuffer } from './buffer.ts';
import { type Command, writtenBy } from './commands.ts';
import { VisageError } from './errors.ts';
import type { Lifetime } from './workspace.ts';

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
   * When the virtual buffers without memory are in use.
   *
   * @throws VisageError when a command reads what no earlier one wrote.
   */
  lifetimes(): Map<GpuBuffer, Lifetime> {
    const lifetimes = new Map<GpuBuffer, Lifetime>();
    this.commands.forEach(({ buffers, pipeline }, at) => {
      buffers.forEach((buffer, binding) => {
        if (!this.virtual.has(buffer) || buffer.resource) return;
        const known = lifetimes.get(buffer);
        if (!known && !pipeline.writes[binding])
          throw new VisageError(`${pipeline.name}: reads a tensor that no earlier op of this step wrote`);
        lifetimes.set(buffer, { first: known?.first ?? at, last: at });
      });
    });
    return lifetimes;
  }
}
