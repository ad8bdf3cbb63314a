import { ahead } from '../../films/ahead.ts';
import type { FilmFrame } from '../../films/film.ts';
import { errorOf, type ReadAnswer, type ReadOrder } from './codecMessages.ts';
import { CodecProcess, type ProcessTime } from './codecProcess.ts';
import type { SpareMemory } from './spareMemory.ts';

/** Frames that are asked for before they are needed. The process decodes a few more by itself. */
const ASKED = 3;

/** Reads the frames of one film in a process of its own. */
export class FilmReader {
  readonly #process = new CodecProcess<ReadOrder, ReadAnswer>('readProcess', 'decodes');
  readonly #spares: SpareMemory;

  /** Starts the process. @param spares memory that frames may be put into. */
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
    this.#process.send({ kind: 'read', path, after });
    for (let slot = 0; slot < ASKED; slot++) this.#process.send({ kind: 'next', slot });
    const drop = ({ data }: FilmFrame): void => this.#spares.give(data.buffer as ArrayBuffer);
    yield* ahead(this.#frames(path), 1, drop);
  }

  async *#frames(path: string): AsyncGenerator<FilmFrame, void, unknown> {
    for (;;) {
      const answer = await this.#process.answer();
      if (answer.kind === 'problem') throw errorOf(answer, path);
      if (answer.kind === 'end') return;
      const { slot, frame } = answer;
      const data = new Uint8Array(this.#spares.take(frame.form.bytes), 0, frame.form.bytes);
      await this.#process.slots.read(slot, data);
      this.#process.send({ kind: 'next', slot });
      yield { ...frame, data };
    }
  }

  /** What the process took. */
  get time(): ProcessTime {
    return this.#process.time;
  }

  /** Ends the process. */
  close(): Promise<void> {
    return this.#process.close({ kind: 'close' });
  }
}
