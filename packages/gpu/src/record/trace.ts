import { VisageError } from '../core/errors.ts';
import { nextMoment } from '../core/moments.ts';
import { type Command, writtenBy } from '../launch/commands.ts';
import type { Lifetime } from '../memory/arena.ts';
import type { GpuBuffer } from '../memory/buffer.ts';
import type { Pinned } from '../memory/saved.ts';

/** Collects the commands of a step without running them. */
export class Trace {
  commands: Command[] = [];
  /** What the step computes: buffers that have no memory yet. */
  readonly virtual = new Set<GpuBuffer>();
  /** What the step uploads from the host: buffers with memory and content, which every run finds unchanged. */
  readonly uploads = new Set<GpuBuffer>();
  /** When the tracing began. */
  readonly began = nextMoment();
  /** Buffers from outside that gradients of ops from before the step read: no run may find them changed. */
  readonly pinned: Pinned[] = [];
  /** The moment at which each buffer was last written to by the commands so far. */
  readonly #changes = new Map<GpuBuffer, number>();

  /** Adds a command and notes that it changes the buffers which it writes. */
  add(command: Command): void {
    this.commands.push(command);
    const moment = nextMoment();
    command.buffers.forEach((buffer, at) => {
      if (!command.pipeline.writes[at]) return;
      for (const part of buffer.contents) this.#changes.set(part, moment);
    });
  }

  /** Was anything launched, allocated or uploaded on the device of this trace? */
  get isUsed(): boolean {
    return this.commands.length + this.virtual.size + this.uploads.size > 0;
  }

  /** The moment at which a buffer last changed, in the step or before it. */
  versionOf(buffer: GpuBuffer): number {
    const inside = buffer.contents.map((part) => this.#changes.get(part) ?? 0);
    return Math.max(buffer.version, ...inside);
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
   * The lifetimes of the virtual buffers that have no memory yet. A view counts for the buffer that it is part of.
   *
   * @throws VisageError when a command reads what no earlier one wrote.
   */
  lifetimes(): Map<GpuBuffer, Lifetime> {
    const lifetimes = new Map<GpuBuffer, { first: number; last: number; conflicts: Set<GpuBuffer> }>();
    this.commands.forEach((command, at) => {
      const { buffers, pipeline } = command;
      buffers.forEach(({ whole: buffer }, binding) => {
        if (!this.virtual.has(buffer) || buffer.resource) return;
        const lifetime = lifetimes.get(buffer);
        if (lifetime) lifetime.last = at;
        else if (pipeline.writes[binding]) lifetimes.set(buffer, { first: at, last: at, conflicts: new Set() });
        else throw new VisageError(`${pipeline.name}: reads a tensor that no earlier op of this step wrote`);
      });
      for (const written of writtenBy(command)) {
        for (const { whole: other } of buffers) {
          lifetimes.get(written)?.conflicts.add(other);
          lifetimes.get(other)?.conflicts.add(written);
        }
      }
    });
    return lifetimes;
  }
}
