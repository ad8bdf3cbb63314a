import { VisageError } from '../core/errors.ts';
import { nextMoment } from '../core/moments.ts';
import { type Command, writtenBy } from '../launch/commands.ts';
import type { GpuBuffer } from '../memory/buffer.ts';
import type { Lifetime } from '../memory/placement.ts';
import type { Pinned } from '../memory/saved.ts';

/** Collects the commands of a step without running them. */
export class Trace {
  commands: Command[] = [];
  /** Buffers without memory yet: what the step computes. */
  readonly virtual = new Set<GpuBuffer>();
  /** Buffers with content from the host: the step's constants. */
  readonly uploads = new Set<GpuBuffer>();
  /** When the tracing began. */
  readonly began = nextMoment();
  /** What gradients of ops from before the step read: no run may find it changed. */
  readonly pinned: Pinned[] = [];
  /** The moments at which the step changed buffers, up to here. */
  readonly #changes = new Map<GpuBuffer, number>();

  add(command: Command): void {
    this.commands.push(command);
    const moment = nextMoment();
    command.buffers.forEach((buffer, at) => {
      if (!command.pipeline.writes[at]) return;
      for (const part of buffer.contents) this.#changes.set(part, moment);
    });
  }

  /** Was anything done on the device of this trace? */
  get isUsed(): boolean {
    return this.commands.length + this.virtual.size + this.uploads.size > 0;
  }

  /** The moment of the latest change of a buffer, in the step or before it. */
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
