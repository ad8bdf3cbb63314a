import type { FilmFrame } from '../../films/film.ts';
import { errorOf, type ReadAnswer, type ReadOrder } from './codecMessages.ts';
import { CodecThread } from './codecThread.ts';
import type { SpareMemory } from './spareMemory.ts';

/** Frames that are asked for before they are needed. The thread decodes a few more by itself. */
const ASKED = 3;

/** Reads the frames of one film in a thread of its own. */
export class FilmReader {
  readonly #thread = new CodecThread<ReadOrder, ReadAnswer>('readWorker');
  readonly #spares: SpareMemory;

  /** Starts the thread. @param spares memory that frames may be put into. */
  constructor(spares: SpareMemory) {
    this.#spares = spares;
  }

  /**
   * The frames of a film, as `read` of {@link openFilmFile} gives them; to be called once. The memory of a frame
   * belongs to the caller.
   *
   * @throws FileError for what is no film, or changes its size.
   */
  async *read(path: string, after?: number): AsyncGenerator<FilmFrame, void, unknown> {
    this.#thread.send({ kind: 'read', path, after });
    for (let k = 0; k < ASKED; k++) this.#ask();
    for (;;) {
      const answer = await this.#thread.answer();
      if (answer.kind === 'problem') throw errorOf(answer, path);
      if (answer.kind === 'end') return;
      this.#ask();
      yield answer.frame;
    }
  }

  #ask(): void {
    const spare = this.#spares.take();
    this.#thread.send({ kind: 'next', spare }, spare ? [spare] : []);
  }

  /** Milliseconds that the thread was busy; see {@link CodecThread.busy}. */
  get busy(): number {
    return this.#thread.busy;
  }

  /** Ends the thread. */
  close(): Promise<void> {
    return this.#thread.close({ kind: 'close' });
  }
}
