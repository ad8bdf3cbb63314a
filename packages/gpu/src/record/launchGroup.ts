import type { Command } from '../launch/commands.ts';
import type { GpuBuffer } from '../memory/buffer.ts';
import { type Fusable, fusableOf } from './fusable.ts';

/** Launches that become one, at most: the texts of all are compiled into one kernel. */
const MOST_MEMBERS = 8;
/**
 * The longest text that a fused kernel may have, in tokens: about three products on subgroup matrices. A step waits for
 * the kernel that compiles longest.
 */
const MOST_TOKENS = 16_000;

/** A launch of a traced step. */
export interface Launch {
  readonly command: Command;
  /** `undefined` if the kernel's text is not understood. */
  readonly kernel: Fusable | undefined;
  /** What each binding binds, and as what: launches that bind the same buffer alike need one binding for it. */
  readonly keys: readonly string[];
}

/** Describes a command of a traced step. */
export function launchOf(command: Command): Launch {
  const kernel = fusableOf(command);
  const keys = command.buffers.map(({ whole, offset, bytes }, at) => {
    return `${whole.id}+${offset}:${bytes} ${kernel?.types[at]}`;
  });
  return { command, kernel, keys };
}

/** Launches that can become one. */
export class LaunchGroup {
  readonly members: Launch[] = [];
  /** The bindings that the members need together, by {@link Launch.keys}. */
  readonly slots = new Map<string, number>();
  /** For each buffer: is it written to? */
  readonly #written = new Map<GpuBuffer, boolean>();
  readonly #first: Launch;
  readonly #mostSlots: number;
  #tokens = 0;

  /**
   * @param first the first member.
   * @param mostSlots storage buffers that a kernel may have.
   */
  constructor(first: Launch, mostSlots: number) {
    this.#first = first;
    this.#mostSlots = mostSlots;
    this.#join(first);
  }

  /** Adds a launch if it can become one with all members. A launch whose kernel is not understood stays alone. */
  add(launch: Launch): void {
    if (launch !== this.#first && this.#takes(launch)) this.#join(launch);
  }

  #join(launch: Launch): void {
    this.members.push(launch);
    this.#tokens += launch.kernel?.tokens ?? 0;
    for (const key of launch.keys) if (!this.slots.has(key)) this.slots.set(key, this.slots.size);
    const { buffers, pipeline } = launch.command;
    for (const [at, { whole }] of buffers.entries()) this.#written.set(whole, pipeline.writes[at] === true);
  }

  #takes({ command: { buffers, pipeline }, kernel, keys }: Launch): boolean {
    const { kernel: first } = this.#first;
    if (!kernel || !first || kernel.size !== first.size) return false;
    if (kernel.memory !== '' && kernel.memory !== first.memory) return false;
    if (this.members.length === MOST_MEMBERS || this.#tokens + kernel.tokens > MOST_TOKENS) return false;
    const more = keys.filter((key) => !this.slots.has(key)).length;
    if (this.slots.size + more > this.#mostSlots) return false;
    // WebGPU does not allow one launch to read a buffer through one binding and to write it through another.
    const changes = (whole: GpuBuffer, at: number) =>
      (this.#written.get(whole) ?? pipeline.writes[at]) !== pipeline.writes[at];
    return !buffers.some(({ whole }, at) => changes(whole, at));
  }
}
