/** @file What went wrong on a device, and which buffers hold nothing because of it. */

import type { DeviceLostError, VisageError } from '../core/errors.ts';
import type { GpuBuffer } from '../memory/buffer.ts';
import { type Command, writtenBindings } from './commands.ts';

/** What happens to buffers beside launches, such as a write from the host. It hears if the submission that it belongs to failed. */
export type StreamEvent = (failure?: VisageError) => void;

/** What a submission consists of, in order. */
export type Entry = Command | StreamEvent;

/**
 * Follows failures from the launch that was refused to the buffers that it should have written, and from those to what was computed from them.
 *
 * The device tells of a failure after later launches were issued. So what was issued is kept until the device has said that it was valid, and only then are
 * failures carried forward, in the order of the launches. As long as nothing has failed nothing is looked at.
 */
export class Faults {
  #lost: DeviceLostError | undefined;
  #count = 0;
  #untold = new Set<VisageError>();

  /** Failures so far. */
  get count(): number {
    return this.#count;
  }

  /** Set once the device is gone. */
  get lost(): DeviceLostError | undefined {
    return this.#lost;
  }

  lose(error: DeviceLostError): void {
    this.#lost ??= error;
  }

  /** Throws if the device is gone. */
  checkLost(): void {
    if (this.#lost) throw this.#lost;
  }

  /** Notes a failure that nobody was told of. */
  add(error: VisageError): void {
    this.#count++;
    this.#untold.add(error);
  }

  /** Marks a failure as told to the caller, and returns it. */
  told(error: VisageError): VisageError {
    this.#untold.delete(error);
    return error;
  }

  /** Throws the loss of the device, or a failure that nobody was told of yet. */
  check(): void {
    this.checkLost();
    for (const error of this.#untold) throw this.told(error);
  }

  /** Takes note of a submission that the device has carried out, or refused. */
  settle(entries: readonly Entry[], failure?: VisageError): void {
    if (failure) this.add(failure);
    if (this.#count === 0) return;
    for (const entry of entries) {
      if (typeof entry === 'function') entry(failure);
      else spread(entry, failure);
    }
  }
}

/** Carries the failure of a launch, or of one of the buffers that it uses, to those that it writes. */
function spread(command: Command, refused?: VisageError): void {
  const { buffers, replaces } = command;
  const [target] = buffers;
  const used = replaces ? buffers.slice(1) : buffers;
  const failure = refused ?? failureOf(used);
  if (failure) for (const buffer of writtenBindings(command)) buffer.spoil(failure);
  else if (replaces) target?.spoil(undefined);
}

function failureOf(buffers: readonly GpuBuffer[]): VisageError | undefined {
  for (const { failure } of buffers) if (failure) return failure;
  return undefined;
}
