/** @file Which launches the device has accepted before. */
import type { VisageError } from '../core/errors.ts';
import type { Placement } from '../memory/arena.ts';
import type { BufferPool } from '../memory/pool.ts';
import { bind, type Command } from './commands.ts';

/** Whether the device accepts a kind of launch: a kernel with bindings of certain sizes. */
export interface Trial {
  /** Has such a launch been submitted by itself before, and was it valid? */
  proven: boolean;
  /** Why the device refused such a launch. */
  failure?: VisageError;
  /** Why the device refused its bind group. */
  cause?: string;
  /** Buffers of the launch for which the device has not reported yet whether it had the memory. */
  readonly memory: readonly GPUBuffer[];
  /** The trial of the same kind of launch with any memory, if this one is about certain memory. */
  readonly kind?: Trial;
}

/** A bind group, and whether the device accepts launches with it. */
export interface Bound {
  readonly group: GPUBindGroup;
  readonly trial: Trial;
}

const MOST = 16_384; // kinds of launches that are remembered; when there are more, all are forgotten and tried again

/**
 * Makes bind groups, and remembers which kinds of launches were valid.
 *
 * WebGPU drops a whole submission when one of its launches is invalid, and reports that later. So the first launch of
 * each kind is submitted by itself: if it fails, no other launch fails with it. Whether a launch is valid depends on
 * its kernel, the sizes of its bindings, and which of them lie in the same memory. These make its kind, so later
 * launches of the kind are submitted in batches.
 */
export class Trials {
  readonly #kinds = new Map<string, Trial>();
  readonly #device: GPUDevice;
  readonly #pool: Pick<BufferPool, 'isNew'>;

  constructor(device: GPUDevice, pool: Pick<BufferPool, 'isNew'>) {
    this.#device = device;
    this.#pool = pool;
  }

  /** Makes the bind group of a command. Each of its buffers has memory, or is among `placements`. */
  bound(command: Command, placements?: ReadonlyMap<unknown, Placement>): Bound {
    const trial = this.#trialOf(command, placements);
    if (trial.proven) return { group: bind(this.#device, command, placements), trial };
    this.#device.pushErrorScope('validation');
    const group = bind(this.#device, command, placements);
    this.#device.popErrorScope().then(
      (error) => {
        if (error) trial.cause ??= error.message;
      },
      () => undefined, // the device was lost, which is reported elsewhere
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
