import { duration } from '@visage/training';
import { Presets, SingleBar } from 'cli-progress';

const SECONDS_BETWEEN_LINES = 15; // when the output is no terminal, which could redraw a bar

/** How far a film or a folder is. */
export interface Frames {
  readonly done: number;
  readonly total: number;
  readonly framesPerSecond: number;
  readonly secondsLeft: number;
}

/** Shows how far a film is, as a bar on a terminal and as a line every 15 seconds in a log file. */
export class FrameProgress {
  readonly #out: NodeJS.WriteStream;
  #bar: SingleBar | undefined;
  #lastLine = performance.now();

  constructor(out: NodeJS.WriteStream = process.stderr) {
    this.#out = out;
  }

  update({ done, total, framesPerSecond, secondsLeft }: Frames): void {
    const text = `${framesPerSecond.toFixed(1)} frames/s  ${duration(secondsLeft)} left`;
    if (this.#out.isTTY) {
      this.#bar ??= this.#begun(done, total);
      this.#bar.update(done, { text });
    } else if (performance.now() - this.#lastLine > SECONDS_BETWEEN_LINES * 1000) {
      this.#lastLine = performance.now();
      this.#out.write(`${done}/${total}  ${text}\n`);
    }
  }

  #begun(done: number, total: number): SingleBar {
    const format = '{bar} {value}/{total}  {text}';
    const options = { format, stream: this.#out, barsize: 24, hideCursor: true, fps: 5 };
    const bar = new SingleBar(options, Presets.shades_classic);
    bar.start(total, done, { text: '' });
    return bar;
  }

  /** Prints a line above the bar. */
  note(line: string): void {
    this.#out.write(this.#bar ? `\r\x1b[2K${line}\n` : `${line}\n`);
    this.#bar?.render();
  }

  stop(): void {
    this.#bar?.stop();
  }
}
