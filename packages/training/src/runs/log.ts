import { closeSync, existsSync, fstatSync, fsyncSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { FileError } from '@visage/nn';

/** A line of a training log: the step it belongs to, and what was measured there. */
export interface LogLine {
  readonly step: number;
  /**
   * `settings`: the recipe and the discriminator that the run began with. `step`: the losses of a training step.
   * `measure`: scores on the tuning people. `report`: scores on the reporting people, when the run is finished.
   * `photos`: scores on the held-out people of a data set. `alarm`: a suspected collapse. `warning`: a warning, whose
   * text is the note.
   */
  readonly event: 'settings' | 'step' | 'measure' | 'report' | 'photos' | 'alarm' | 'warning';
  readonly values: Readonly<Record<string, number>>;
  readonly note?: string;
}

const MOST_WAITING = 2 ** 16; // characters of lines that are buffered in memory before they are written
const CHUNK = 2 ** 20; // bytes that are read at a time

/**
 * A training log on the disk, with one JSON object per line, in the order of the steps.
 *
 * The log of a run of half a million steps takes about 150 MB. Memory therefore holds only the lines that are not
 * written yet, and every reader streams the file.
 */
export class TrainingLog {
  readonly path: string;
  /** Number of steps, up to the step at which the log was opened, whose line is missing because the file was edited. */
  readonly missing: number;
  /** Step of the latest line of each event. */
  readonly #latest = new Map<LogLine['event'], number>();
  readonly #warnings = new Set<string>();
  #end: number; // length in bytes of the complete lines of the file
  #waiting: string[] = [];
  #waitingLength = 0;

  /**
   * Opens a log. A resumed run keeps the lines up to `step`, and removes later lines and an incomplete last line.
   *
   * Because lines are in the order of their steps, this only truncates the file. A process that is killed meanwhile has
   * changed nothing else.
   *
   * @throws FileError when the file cannot be read or written.
   */
  constructor(path: string, step: number) {
    this.path = path;
    let [end, steps] = [0, 0];
    for (const { line, until } of step > 0 ? linesIn(path) : []) {
      if (line && line.step > step) break;
      end = until;
      if (line?.event === 'step') steps += 1;
      if (line) this.#latest.set(line.event, line.step);
      if (line?.event === 'warning' && line.note !== undefined) this.#warnings.add(line.note);
    }
    this.#end = end;
    this.missing = step - steps;
    this.#inFile('a', (file) => {
      ftruncateSync(file, end);
      fsyncSync(file);
    });
  }

  /** Step of the latest line of an event, `undefined` if there is none. */
  latest(event: LogLine['event']): number | undefined {
    return this.#latest.get(event);
  }

  add(line: LogLine): void {
    this.#latest.set(line.event, line.step);
    const text = `${JSON.stringify(line)}\n`;
    this.#waiting.push(text);
    this.#waitingLength += text.length;
    if (this.#waitingLength > MOST_WAITING) this.#write();
  }

  /** Adds a warning unless the log contains the same one already; returns whether it was new. */
  warn(step: number, note: string): boolean {
    if (this.#warnings.has(note)) return false;
    this.#warnings.add(note);
    this.add({ step, event: 'warning', values: {}, note });
    return true;
  }

  /**
   * Writes the added lines and resolves when they are on the disk. Lines that could not be written are kept for the
   * next call.
   *
   * @throws FileError when the disk is full, or when another program has written into the file.
   */
  async flush(): Promise<void> {
    if (this.#waiting.length > 0) this.#write();
    const file = await open(this.path, 'r+').catch((cause: Error) => this.#fail(cause.message));
    await file.datasync().finally(() => file.close());
  }

  #write(): void {
    const bytes = Buffer.from(this.#waiting.join(''));
    this.#inFile('r+', (file) => {
      if (fstatSync(file).size !== this.#end)
        this.#fail('was changed by something else; is another run training into this folder?');
      try {
        for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at, bytes.length - at, this.#end + at);
      } catch (cause) {
        ftruncateSync(file, this.#end); // a full disk may have stored only a part
        throw cause;
      }
    });
    this.#end += bytes.length;
    this.#waiting = [];
    this.#waitingLength = 0;
  }

  #inFile(flags: string, work: (file: number) => void): void {
    let file: number | undefined;
    try {
      file = openSync(this.path, flags);
      work(file);
    } catch (cause) {
      if (cause instanceof FileError) throw cause;
      this.#fail(`cannot be written (${(cause as Error).message})`);
    } finally {
      if (file !== undefined) closeSync(file);
    }
  }

  #fail(problem: string): never {
    throw new FileError(this.path, problem);
  }
}

/**
 * Yields the lines of a log, and reads the file as they are requested. Text that is not a valid line, such as the
 * incomplete last line of a killed run, is skipped.
 */
export function* logLines(path: string): Generator<LogLine> {
  for (const { line } of linesIn(path)) if (line) yield line;
}

/** Reads all lines of a log at once; for logs that are known to be short. */
export const readLog = (path: string): LogLine[] => [...logLines(path)];

/**
 * Yields each text of a log that ends in a line break, parsed if it is a valid line, with the number of bytes up to its
 * end.
 */
function* linesIn(path: string): Generator<{ readonly line: LogLine | undefined; readonly until: number }> {
  if (!existsSync(path)) return;
  const file = openSync(path, 'r');
  try {
    const chunk = Buffer.alloc(CHUNK);
    let rest: Buffer[] = []; // the start of a line that ends in a later chunk
    for (let at = 0; ; ) {
      const count = readSync(file, chunk, 0, CHUNK, at);
      if (count === 0) return;
      let from = 0;
      for (let end = chunk.indexOf(10); end >= 0 && end < count; end = chunk.indexOf(10, from)) {
        const text = Buffer.concat([...rest, chunk.subarray(from, end)]).toString('utf8');
        rest = [];
        from = end + 1;
        yield { line: parseLine(text), until: at + from };
      }
      rest.push(Buffer.from(chunk.subarray(from, count)));
      at += count;
    }
  } finally {
    closeSync(file);
  }
}

function parseLine(text: string): LogLine | undefined {
  try {
    const line: unknown = JSON.parse(text);
    return typeof line === 'object' && line !== null && 'step' in line && 'values' in line
      ? (line as LogLine)
      : undefined;
  } catch {
    return undefined;
  }
}
