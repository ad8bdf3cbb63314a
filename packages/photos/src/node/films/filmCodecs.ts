import { FilmReader } from './filmReader.ts';
import { FilmWriter } from './filmWriter.ts';
import { SpareMemory } from './spareMemory.ts';

/** What the processes of the codecs took, in milliseconds, without their start. */
export interface CodecTime {
  /** In which the threads that give the codecs work were busy; to wait for a lock of a codec counts. */
  readonly reading: number;
  readonly writing: number;
  /** Processor time of both processes, all threads together. */
  readonly processor: number;
}

/**
 * The codecs of a film, in two processes: one reads and decodes, one encodes and writes. How many frames are under way
 * is bounded on both sides, so the slowest part decides how fast all are.
 */
export class FilmCodecs {
  /** Memory of frames that nobody needs any more: what was encoded is decoded into again. */
  readonly spares = new SpareMemory();
  readonly reader = new FilmReader(this.spares);
  readonly writer = new FilmWriter(this.spares);

  get time(): CodecTime {
    const [reading, writing] = [this.reader.time, this.writer.time];
    return { reading: reading.busy, writing: writing.busy, processor: reading.processor + writing.processor };
  }

  /** Ends both processes. */
  async close(): Promise<void> {
    await Promise.all([this.reader.close(), this.writer.close()]);
  }
}
