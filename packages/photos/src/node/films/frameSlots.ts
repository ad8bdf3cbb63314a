import { closeSync, mkdtempSync, openSync, read, rmSync, write } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { FileError } from '@visage/gpu';

const [readSome, writeSome] = [promisify(read), promisify(write)];

/**
 * Numbered places for frames that two processes share: a file without a name, which stays in the system's cache of
 * files. Threads of Node's pool make the copies, not the threads of JavaScript. All frames have the same size.
 */
export class FrameSlots {
  /** The open file. A process that is started with it makes its own slots of the same places. */
  readonly descriptor: number;
  readonly #running = new Set<Promise<void>>();

  constructor(descriptor: number) {
    this.descriptor = descriptor;
  }

  /** New places. Nothing of them is left when all processes have ended, however they end. */
  static make(): FrameSlots {
    const folder = mkdtempSync(join(tmpdir(), 'visage-frames-'));
    try {
      return new FrameSlots(openSync(join(folder, 'slots'), 'wx+'));
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  /** @throws FileError if there is no room for the frame. */
  write(slot: number, frame: Uint8Array): Promise<void> {
    return this.#run(this.#write(slot, frame));
  }

  /** Fills `frame` with what was written to a slot. */
  read(slot: number, frame: Uint8Array): Promise<void> {
    return this.#run(this.#read(slot, frame));
  }

  /** Waits for the copies that are under way: the system gives the number of a closed file to the next one. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#running);
    closeSync(this.descriptor);
  }

  async #write(slot: number, frame: Uint8Array): Promise<void> {
    try {
      for (let at = 0; at < frame.length; ) {
        const place = slot * frame.length + at;
        at += (await writeSome(this.descriptor, frame, at, frame.length - at, place)).bytesWritten;
      }
    } catch (cause) {
      const room = `${Math.ceil(frame.length / 1e6)} MB for a frame (${(cause as Error).message})`;
      throw new FileError(tmpdir(), `has no room of ${room}. Set TMPDIR to another folder`);
    }
  }

  async #read(slot: number, frame: Uint8Array): Promise<void> {
    for (let at = 0; at < frame.length; ) {
      const place = slot * frame.length + at;
      const { bytesRead } = await readSome(this.descriptor, frame, at, frame.length - at, place);
      if (bytesRead === 0) throw new Error(`slot ${slot} has ${at} of the ${frame.length} bytes of a frame`);
      at += bytesRead;
    }
  }

  async #run(copy: Promise<void>): Promise<void> {
    this.#running.add(copy);
    try {
      await copy;
    } finally {
      this.#running.delete(copy);
    }
  }
}
