import { FilmReader } from './filmReader.ts';
import { FilmWriter } from './filmWriter.ts';
import { SpareMemory } from './spareMemory.ts';

/** Milliseconds that the threads of the codecs were busy, without their start; locks of codecs count. */
export interface CodecTime {
  readonly reading: number;
  readonly writing: number;
}

/**
 * The threads of a film: one reads and decodes, one encodes and writes. Memory goes around: what was encoded is decoded
 * into again. How many frames are under way is bounded on both sides, so the slowest part decides how fast all are.
 */
export class FilmThreads {
  /** Memory of frames that nobody needs any more. */
  readonly spares = new SpareMemory();
  readonly reader = new FilmReader(this.spares);
  readonly writer = new FilmWriter(this.spares);

  get busy(): CodecTime {
    return { reading: this.reader.busy, writing: this.writer.busy };
  }

  /** Ends both threads. */
  async close(): Promise<void> {
    await Promise.all([this.reader.close(), this.writer.close()]);
  }
}
