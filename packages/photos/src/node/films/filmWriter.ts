import type { ChangedFrame } from '../../films/frames.ts';
import type { VideoEncoding } from '../../films/media.ts';
import type { Segment } from '../../films/writing.ts';
import { errorOf, type WriteAnswer, type WriteOrder } from './codecMessages.ts';
import { CodecProcess, type ProcessTime } from './codecProcess.ts';
import type { SpareMemory } from './spareMemory.ts';

/** Frames that were handed to the process and are not encoded yet. Each has a slot. */
const HANDED = 3;

/** A frame that was handed over, as far as it can still be looked at. */
export type HandedFrame = Pick<ChangedFrame, 'timestamp' | 'changed'>;

/** Encodes frames and writes segments in a process of its own. */
export class FilmWriter {
  readonly #process = new CodecProcess<WriteOrder, WriteAnswer>('writeProcess', 'encodes');
  readonly #spares: SpareMemory;

  /** Starts the process. @param spares gets the memory of frames that were handed over. */
  constructor(spares: SpareMemory) {
    this.#spares = spares;
  }

  /**
   * Encodes frames into an MP4 file, as {@link encodeSegment} does.
   *
   * @param frames their memory is used again: nobody else may need it.
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
    const handed: { readonly frame: HandedFrame; readonly sent: Promise<void> }[] = [];
    const taken = async (): Promise<void> => {
      const { frame, sent } = handed[0] as (typeof handed)[number];
      await sent;
      await this.#answer(path);
      handed.shift();
      onFrame(frame);
    };
    this.#process.send({ kind: 'segment', path, encoding });
    try {
      let count = 0;
      let before = Promise.resolve();
      for await (const frame of frames) {
        if (handed.length === HANDED) await taken();
        const sent = this.#hand(frame, count++ % HANDED, before);
        sent.catch(() => undefined); // thrown when the frame is taken
        before = sent;
        handed.push({ frame: { timestamp: frame.timestamp, changed: frame.changed }, sent });
      }
      await before;
    } catch (cause) {
      this.#process.send({ kind: 'end', isWanted: false });
      throw cause;
    }
    this.#process.send({ kind: 'end', isWanted: true });
    while (handed.length > 0) await taken();
    const answer = await this.#answer(path);
    return answer.kind === 'written' ? answer.segment : undefined;
  }

  /** Copies a frame to its slot and sends it, behind those that were sent before. */
  async #hand({ data, ...frame }: ChangedFrame, slot: number, before: Promise<void>): Promise<void> {
    await Promise.all([this.#process.slots.write(slot, data), before]);
    this.#process.send({ kind: 'frame', slot, frame });
    this.#spares.give(data.buffer as ArrayBuffer);
  }

  async #answer(path: string): Promise<Exclude<WriteAnswer, { readonly kind: 'problem' }>> {
    const answer = await this.#process.answer();
    if (answer.kind === 'problem') throw errorOf(answer, path);
    return answer;
  }

  /** What the process took. */
  get time(): ProcessTime {
    return this.#process.time;
  }

  /** Ends the process. A segment that was not finished is given up. */
  close(): Promise<void> {
    return this.#process.close({ kind: 'close' });
  }
}
