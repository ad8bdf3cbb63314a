import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';

/** A line of a training log: the step it belongs to, and what was measured there. */
export interface LogLine {
  readonly step: number;
  /**
   * `settings`: a training began or went on here, by the recipe and before the discriminator of the note. `step`: the losses of a training step. `measure`: metrics on the tuning people;
   * `report`: on the reporting people, when the run is finished. `alarm`: a collapse was suspected.
   */
  readonly event: 'settings' | 'step' | 'measure' | 'report' | 'alarm';
  readonly values: Readonly<Record<string, number>>;
  readonly note?: string;
}

/** A training log on disk, one JSON object per line. Lines are collected and written with {@link TrainingLog.flush}. */
export class TrainingLog {
  readonly path: string;
  #lines: LogLine[];
  #unwritten: string[] = [];

  /** Opens a log. A resumed run keeps what was logged up to `step` and drops what came after its checkpoint. */
  constructor(path: string, step: number) {
    this.path = path;
    this.#lines = step > 0 ? readLog(path).filter((line) => line.step <= step) : [];
    writeFileSync(path, this.#lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  }

  get lines(): readonly LogLine[] {
    return this.#lines;
  }

  add(line: LogLine): void {
    this.#lines.push(line);
    this.#unwritten.push(`${JSON.stringify(line)}\n`);
  }

  /** Writes what was added since the last call. */
  async flush(): Promise<void> {
    const text = this.#unwritten.join('');
    this.#unwritten = [];
    if (text) await appendFile(this.path, text);
  }
}

/** Reads a log; an incomplete last line (of a killed run) is left out. */
export function readLog(path: string): LogLine[] {
  if (!existsSync(path)) return [];
  const lines: LogLine[] = [];
  for (const text of readFileSync(path, 'utf8').split('\n')) {
    const line = parseLine(text);
    if (line) lines.push(line);
  }
  return lines;
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
