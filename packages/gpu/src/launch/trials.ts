/** @file Which launches the device is known to accept. */

import type { VisageError } from '../core/errors.ts';
import type { Placement } from '../memory/arena.ts';
import type { BufferPool } from '../memory/pool.ts';
import { bind, type Command } from './commands.ts';

/** What the device said of a kernel with bindings of certain sizes. */
export interface Trial {
  /** It was launched before, by itself, and was valid. */
  proven: boolean;
  /** Why the device refused it. */
  failure?: VisageError;
  /** Why it refused the bind group. */
  cause?: string;
  /** Memory that the device may have refused to give, if this trial is about memory too. */
  readonly memory: readonly GPUBuffer[];
  /** The trial of the same launch whatever its memory is. */
  readonly kind?: Trial;
}

/** A bind group, and what is known of launches with it. */
export interface Bound {
  readonly group: GPUBindGroup;
  readonly trial: Trial;
}

const MOST = 16_384; // kinds of launches; past that all are forgotten and proven again

/**
 * Makes bind groups, and knows which launches were valid before.
 *
 * WebGPU drops a whole submission when one of its launches is invalid, and tells later. So a launch of a new kind is submitted by itself: if it fails, it fails
 * alone. What makes it valid is the kernel, the sizes of its bindings and which of them lie in the same memory; so the second of a kind needs no such care.
 */
export class Trials {
  readonly #kinds = new Map<string, Trial>();
  readonly #device: GPUDevice;
  readonly #pool: Pick<BufferPool, 'isNew'>;

  constructor(device: GPUDevice, pool: Pick<BufferPool, 'isNew'>) {
    this.#device = device;
    this.#pool = pool;
  }

  /** Binds the buffers of a command, which have memory or a place in the workspace. */
  bound(command: Command, placements?: ReadonlyMap<unknown, Placement>): Bound {
    const trial = this.#trialOf(command, placements);
    if (trial.proven) return { group: bind(this.#device, command, placements), trial };
    this.#device.pushErrorScope('validation');
    const group = bind(this.#device, command, placements);
    this.#device.popErrorScope().then(
      (error) => {
        if (error) trial.cause ??= error.message;
      },
      () => undefined, // the device is lost: that error speaks for itself
    );
    return { group, trial };
  }

  #trialOf({ pipeline, buffers }: Command, placements?: ReadonlyMap<unknown, Placement>): Trial {
    const memory = buffers.map((buffer) => placements?.get(buffer.whole)?.memory ?? (buffer.resource as GPUBuffer));
    let key = String(pipeline.id);
    buffers.forEach((buffer, at) => {
      const same = memory.indexOf(memory[at] as GPUBuffer);
      const offset = (placements?.get(buffer.whole)?.offset ?? 0) + buffer.offset;
      key += `|${buffer.bytes} ${same} ${offset % 256}`;
    });
    const kind: Trial = this.#kinds.get(key) ?? { proven: false, memory: [] };
    if (this.#kinds.size >= MOST) this.#kinds.clear();
    this.#kinds.set(key, kind);
    const fresh = memory.filter((each) => this.#pool.isNew(each));
    return fresh.length === 0 ? kind : { proven: false, failure: kind.failure, memory: fresh, kind };
  }
}
