/** @file What went wrong on a device, and which buffers have no valid content because of it. */
import { DeviceLostError, ValidationError, type VisageError } from '../core/errors.ts';
import type { GpuBuffer } from '../memory/buffer.ts';
import { type Command, writtenBindings } from './commands.ts';

/**
 * An event other than a launch, such as a write from the host. It is called with the error if its submission failed.
 */
export type StreamEvent = (failure?: VisageError) => void;

/** What a submission consists of, in order. */
export type Entry = Command | StreamEvent;

/**
 * Collects the failures of a device, and propagates each from the launch that failed to the buffers that it should have
 * written, and from those to everything that was computed from them.
 *
 * The device reports a failure after later launches were issued. So {@link CommandStream} keeps what it submitted until
 * the device has reported on it, and hands it over here in order. As long as nothing has failed, nothing is propagated.
 */
export class Faults {
  #lost: DeviceLostError | undefined;
  #count = 0;
  #unreported = new Set<VisageError>();

  /** The number of failures so far. */
  get count(): number {
    return this.#count;
  }

  /** The error of every call after the device was lost; `undefined` while it works. */
  get lost(): DeviceLostError | undefined {
    return this.#lost;
  }

  /**
   * Listens for the loss of the device, and for errors outside of all error scopes.
   *
   * @param onLost is called when the device is lost.
   */
  listen(device: GPUDevice, onLost: () => void): void {
    device.addEventListener('uncapturederror', (event) => {
      const { message } = (event as GPUUncapturedErrorEvent).error;
      // Launches are submitted in error scopes, so an error here is unexpected. A consequence of an earlier error says
      // nothing new.
      if (!message.includes('due to a previous error') && !message.includes('[Invalid '))
        this.add(new ValidationError(message));
    });
    device.lost.then(({ reason, message }) => {
      onLost();
      const text = reason === 'destroyed' ? 'the device was destroyed' : `device lost: ${message}`;
      this.#lost ??= new DeviceLostError(text);
    });
  }

  /** @throws DeviceLostError if the device was lost. */
  checkLost(): void {
    if (this.#lost) throw this.#lost;
  }

  /** Adds a failure that was not reported to the caller yet. */
  add(error: VisageError): void {
    this.#count++;
    this.#unreported.add(error);
  }

  /** Notes that a failure is reported to the caller, and returns it. */
  reported(error: VisageError): VisageError {
    this.#unreported.delete(error);
    return error;
  }

  /** @throws DeviceLostError if the device was lost; else a failure that was not reported yet. */
  check(): void {
    this.checkLost();
    for (const error of this.#unreported) throw this.reported(error);
  }

  /**
   * Propagates failures through a submission that the device has reported on. `failure` is why the device refused it.
   */
  settle(entries: readonly Entry[], failure?: VisageError): void {
    if (failure) this.add(failure);
    if (this.#count === 0) return;
    for (const entry of entries) {
      if (typeof entry === 'function') entry(failure);
      else for (const part of entry.parts ?? [entry]) spread(part, failure);
    }
  }
}

/** Spoils what a launch writes if the launch failed, or if a buffer that it uses is spoiled. */
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
