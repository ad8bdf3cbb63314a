import type { BadPicture, Pictures } from '../data/pictures.ts';
import { type LogLine, TrainingLog } from './log.ts';
import type { RunObserver } from './observer.ts';
import type { FolderJournal } from './trainingFolder.ts';

/** What a {@link BaseJournal} knows of its run. */
export interface JournalRun {
  readonly trainer: { readonly step: number };
  /** The data sets on the disk, whose bad pictures are reported. */
  readonly dataSets: readonly { readonly pictures: Pictures }[];
  /** A warning that the user must see before the run continues. */
  readonly warning?: string;
}

/**
 * Reports the progress of a run: as lines in the log on the disk, in the order of the steps, and as notes to the
 * observer.
 */
export abstract class BaseJournal implements FolderJournal {
  /** The observer that is notified; none before the training starts. */
  observer: RunObserver = {};
  protected readonly log: TrainingLog;
  readonly #run: JournalRun;
  /** One line that says how the run trains. */
  readonly #about: string;
  /**
   * Pictures that were found to be bad while their step was prepared. The lines of steps are written later, when their
   * losses are read, so these wait here.
   */
  readonly #found: { readonly step: number; readonly note: string }[] = [];

  /** Opens the log and drops the lines after the step that the run has reached. */
  constructor(path: string, run: JournalRun, about: string) {
    this.#run = run;
    this.#about = about;
    this.log = new TrainingLog(path, run.trainer.step);
  }

  get path(): string {
    return this.log.path;
  }

  /**
   * Reports what is known before the first step: bad pictures, lines that are missing from the log, and a changed data
   * set.
   */
  begin(): void {
    const { trainer, dataSets, warning } = this.#run;
    const { missing } = this.log;
    if (this.log.latest('settings') === undefined)
      this.log.add({ step: trainer.step, event: 'settings', values: {}, note: this.#about });
    if (warning !== undefined) this.#warn(trainer.step, warning);
    if (missing > 0) this.#warn(trainer.step, `the log lacks the lines of ${missing} of ${trainer.step} steps`);
    const leftOut = ({ name, reason }: BadPicture) => `picture left out: ${name}: ${reason}`;
    for (const { pictures } of dataSets) {
      for (const bad of pictures.bad) this.#warn(trainer.step, leftOut(bad));
      pictures.onBad = (bad) => this.#found.push({ step: trainer.step + 1, note: leftOut(bad) });
    }
  }

  /**
   * Logs the scores of a measurement. The line exists already if the run was killed after the measurement and resumed.
   */
  measured(event: 'measure' | 'report' | 'photos', values: LogLine['values'], note: string): void {
    const { step } = this.#run.trainer;
    if (this.log.latest(event) !== step) this.log.add({ step, event, values, note });
  }

  /** Step of the latest line of an event, `undefined` if there is none. */
  latest(event: LogLine['event']): number | undefined {
    return this.log.latest(event);
  }

  /** Logs the error that ends the run. The observer is not notified, because the caller receives the error itself. */
  failed(message: string): void {
    const { step } = this.#run.trainer;
    this.tellFound(step);
    this.log.warn(step, `the run ended with an error: ${message}`);
  }

  /** Passes a line to the observer. */
  note(line: string): void {
    this.observer.onNote?.(line);
  }

  /** Writes all lines so far to the disk. */
  flush(): Promise<void> {
    return this.log.flush();
  }

  /** Logs a warning and passes it to the observer, unless the log contains it already. */
  #warn(step: number, note: string): void {
    if (this.log.warn(step, note)) this.note(`${step > 0 ? `step ${step}, ` : ''}warning: ${note}`);
  }

  /**
   * Reports the bad pictures found for steps up to `step`, whose line is written next. This keeps the log in the order
   * of the steps.
   */
  protected tellFound(step: number): void {
    const later = this.#found.filter((found) => found.step > step);
    const now = this.#found.filter((found) => found.step <= step);
    this.#found.splice(0, Number.POSITIVE_INFINITY, ...later);
    for (const found of now) this.#warn(found.step, found.note);
  }
}
