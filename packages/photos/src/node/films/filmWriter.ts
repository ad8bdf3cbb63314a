import type { ChangedFrame } from '../../films/frames.ts';
import type { VideoEncoding } from '../../films/media.ts';
import type { Segment } from '../../films/writing.ts';
import { errorOf, type WriteAnswer, type WriteOrder } from './codecMessages.ts';
import { CodecThread } from './codecThread.ts';
import type { SpareMemory } from './spareMemory.ts';

/** Frames that were handed to the thread and are not encoded yet. */
const HANDED = 3;

/** A frame that was handed over, as far as it can still be looked at. */
export type HandedFrame = Pick<ChangedFrame, 'timestamp' | 'changed'>;

/** Encodes frames and writes segments in a thread of its own. */
export class FilmWriter {
  readonly #thread = new CodecThread<WriteOrder, WriteAnswer>('writeWorker');
  readonly #spares: SpareMemory;

  /** Starts the thread. @param spares gets the memory of frames that were encoded. */
  constructor(spares: SpareMemory) {
    this.#spares = spares;
  }

  /**
   * Encodes frames into an MP4 file, as {@link encodeSegment} does.
   *
   * @param frames their memory moves to the thread: nobody else may need it.
   * @param onFrame is called for each frame that was encoded.
   * @returns undefined if there are no frames; then nothing is written.
   * @throws what the frames, the codec and the file fail with.
   */
  async segment(
    frames: AsyncIterable<ChangedFrame>,
    path: string,
    encoding: VideoEncoding,
    onFrame: (frame: HandedFrame) => void = () => {},
  ): Promise<Segment | undefined> {
    const thread = this.#thread;
    const handed: HandedFrame[] = [];
    thread.send({ kind: 'segment', path, encoding });
    try {
      for await (const frame of frames) {
        if (handed.length === HANDED) await this.#taken(handed, path, onFrame);
        handed.push({ timestamp: frame.timestamp, changed: frame.changed });
        thread.send({ kind: 'frame', frame }, [frame.data.buffer as ArrayBuffer]);
      }
    } catch (cause) {
      thread.send({ kind: 'end', isWanted: false });
      throw cause;
    }
    thread.send({ kind: 'end', isWanted: true });
    while (handed.length > 0) await this.#taken(handed, path, onFrame);
    const answer = await this.#answer(path);
    return answer.kind === 'written' ? answer.segment : undefined;
  }

  /** Waits until the oldest of the frames that were handed over is encoded. */
  async #taken(handed: HandedFrame[], path: string, onFrame: (frame: HandedFrame) => void): Promise<void> {
    const answer = await this.#answer(path);
    if (answer.kind === 'taken') this.#spares.give(answer.spare);
    onFrame(handed.shift() as HandedFrame);
  }

  async #answer(path: string): Promise<Exclude<WriteAnswer, { readonly kind: 'problem' }>> {
    const answer = await this.#thread.answer();
    if (answer.kind === 'problem') throw errorOf(answer, path);
    return answer;
  }

  /** Milliseconds that the thread was busy; see {@link CodecThread.busy}. */
  get busy(): number {
    return this.#thread.busy;
  }

  /** Ends the thread. A segment that was not finished is given up. */
  close(): Promise<void> {
    return this.#thread.close({ kind: 'close' });
  }
}
