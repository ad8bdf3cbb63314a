import { duration, type RunProgress } from '@visage/training';
import { Presets, SingleBar } from 'cli-progress';

const SECONDS_BETWEEN_LINES = 15; // when the output is no terminal, which could redraw a bar

/** Shows progress as a bar on a terminal, and as a line every 15 seconds in a log file. */
export class Progress {
  readonly #total: number;
  readonly #bar: SingleBar | undefined;
  readonly #out: NodeJS.WriteStream;
  #lastLine = Number.NEGATIVE_INFINITY;
  // The first step compiles every kernel, so the time left is estimated from the end of that step.
  #from: { readonly step: number; readonly at: number } | undefined;

  constructor(total: number, first: number, out: NodeJS.WriteStream = process.stderr) {
    this.#total = total;
    this.#out = out;
    if (!out.isTTY) return;
    const format = '{bar} {value}/{total}  {text}';
    this.#bar = new SingleBar({ format, stream: out, barsize: 24, hideCursor: true, fps: 5 }, Presets.shades_classic);
    this.#bar.start(total, first, { text: 'compiling kernels' });
  }

  update(values: RunProgress): void {
    const text = describe(values, this.#secondsLeft(values.step));
    if (this.#bar) this.#bar.update(values.step, { text });
    else if (performance.now() - this.#lastLine > SECONDS_BETWEEN_LINES * 1000) {
      this.#lastLine = performance.now();
      this.#out.write(`${values.step}/${this.#total}  ${text}\n`);
    }
  }

  #secondsLeft(step: number): number | undefined {
    const now = performance.now();
    this.#from ??= { step, at: now };
    const done = step - this.#from.step;
    return done > 0 ? (((now - this.#from.at) / 1000) * (this.#total - step)) / done : undefined;
  }

  /** Prints a line above the bar and draws the bar again. */
  note(line: string): void {
    if (!this.#bar) {
      this.#out.write(`${line}\n`);
      return;
    }
    this.#out.write(`\r\x1b[2K${line}\n`);
    this.#bar.render();
  }

  stop(): void {
    this.#bar?.stop();
  }
}

function describe({ stepsPerSecond, imagesPerSecond, losses }: RunProgress, secondsLeft: number | undefined): string {
  const terms = Object.entries(losses).map(([name, value]) => `${name} ${value.toFixed(3)}`);
  if (secondsLeft === undefined) return [...terms, 'kernels compiled'].join('  ');
  const speed = `${stepsPerSecond.toFixed(2)} it/s  ${imagesPerSecond.toFixed(1)} images/s  ${duration(secondsLeft)} left`;
  return [...terms, speed].join('  ');
}
